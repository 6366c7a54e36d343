-- The relay sleeps until something is put into the outbox. Once a statement; within a transaction Postgres tells it once.
CREATE FUNCTION "outbox_announce"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('yoklama_outbox', '');
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "outbox_announce" AFTER INSERT ON "outbox"
  FOR EACH STATEMENT EXECUTE FUNCTION "outbox_announce"();
