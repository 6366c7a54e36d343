CREATE TABLE "session_tallies" (
	"session_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"course_id" uuid NOT NULL,
	"day" date NOT NULL,
	"present" integer NOT NULL,
	"late" integer NOT NULL,
	"excused" integer NOT NULL,
	"absent" integer NOT NULL,
	"pending" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stale_tallies" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "stale_tallies_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tenant_id" uuid NOT NULL,
	"session_id" uuid NOT NULL
);
--> statement-breakpoint
DROP INDEX "attendance_records_by_student_idx";--> statement-breakpoint
DROP INDEX "attendance_records_by_course_idx";--> statement-breakpoint
DROP INDEX "attendance_records_by_day_idx";--> statement-breakpoint
ALTER TABLE "session_tallies" ADD CONSTRAINT "session_tallies_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_tallies" ADD CONSTRAINT "session_tallies_session_fk" FOREIGN KEY ("tenant_id","session_id") REFERENCES "public"."class_sessions"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "session_tallies_day_idx" ON "session_tallies" USING btree ("tenant_id","day");--> statement-breakpoint
CREATE INDEX "session_tallies_course_idx" ON "session_tallies" USING btree ("tenant_id","course_id","day");--> statement-breakpoint
CREATE INDEX "stale_tallies_session_idx" ON "stale_tallies" USING btree ("tenant_id","session_id");--> statement-breakpoint
CREATE INDEX "attendance_events_seq_idx" ON "attendance_events" USING btree ("tenant_id","seq");--> statement-breakpoint
CREATE INDEX "attendance_records_student_day_idx" ON "attendance_records" USING btree ("tenant_id","student_id","day","course_id","status");--> statement-breakpoint
CREATE INDEX "attendance_records_course_day_idx" ON "attendance_records" USING btree ("tenant_id","course_id","day","student_id","status");--> statement-breakpoint
CREATE INDEX "attendance_records_day_idx" ON "attendance_records" USING btree ("tenant_id","day","course_id","student_id","status");--> statement-breakpoint
CREATE INDEX "attendance_records_session_status_idx" ON "attendance_records" USING btree ("session_id","status");--> statement-breakpoint
CREATE INDEX "attendance_records_missed_idx" ON "attendance_records" USING btree ("tenant_id","day","course_id","student_id","session_id","status") WHERE status in ('absent', 'excused');--> statement-breakpoint
CREATE INDEX "class_sessions_opened_idx" ON "class_sessions" USING btree ("tenant_id","opened_at","id");
--> statement-breakpoint
-- What there is already is counted once. Forced row security is lifted for it, which holds the tables' owner too.
ALTER TABLE "class_sessions" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "attendance_records" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO "session_tallies" ("session_id", "tenant_id", "course_id", "day", "present", "late", "excused", "absent", "pending")
  SELECT s.id, s.tenant_id, s.course_id, s.day,
    count(*) FILTER (WHERE r.status = 'present'), count(*) FILTER (WHERE r.status = 'late'),
    count(*) FILTER (WHERE r.status = 'excused'), count(*) FILTER (WHERE r.status = 'absent'),
    count(*) FILTER (WHERE r.status = 'pending')
  FROM "class_sessions" s JOIN "attendance_records" r ON r.session_id = s.id
  GROUP BY s.id, s.tenant_id, s.course_id, s.day;
--> statement-breakpoint
-- Those of open sessions are left to their closing.
INSERT INTO "stale_tallies" ("tenant_id", "session_id") SELECT tenant_id, id FROM "class_sessions" WHERE status = 'open';
--> statement-breakpoint
ALTER TABLE "class_sessions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "attendance_records" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "session_tallies" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "session_tallies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "session_tallies"
  USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
--> statement-breakpoint
ALTER TABLE "stale_tallies" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "stale_tallies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "stale_tallies"
  USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
--> statement-breakpoint
-- One row a session and statement, whatever the number of records. Records that go with their session leave nothing.
CREATE FUNCTION "note_stale_tally"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO stale_tallies (tenant_id, session_id) SELECT DISTINCT n.tenant_id, n.session_id FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO stale_tallies (tenant_id, session_id)
      SELECT DISTINCT o.tenant_id, o.session_id FROM old_rows o JOIN class_sessions s ON s.id = o.session_id;
  ELSE
    INSERT INTO stale_tallies (tenant_id, session_id)
      SELECT DISTINCT n.tenant_id, n.session_id FROM new_rows n JOIN old_rows o ON o.id = n.id
      WHERE n.status IS DISTINCT FROM o.status OR n.day IS DISTINCT FROM o.day;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "attendance_records_tally_insert" AFTER INSERT ON "attendance_records"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "note_stale_tally"();
--> statement-breakpoint
CREATE TRIGGER "attendance_records_tally_update" AFTER UPDATE ON "attendance_records"
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "note_stale_tally"();
--> statement-breakpoint
CREATE TRIGGER "attendance_records_tally_delete" AFTER DELETE ON "attendance_records"
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "note_stale_tally"();
--> statement-breakpoint
CREATE FUNCTION "note_moved_session"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stale_tallies (tenant_id, session_id) VALUES (NEW.tenant_id, NEW.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "class_sessions_tally" AFTER UPDATE OF "starts_at" ON "class_sessions"
  FOR EACH ROW EXECUTE FUNCTION "note_moved_session"();
