ALTER TABLE "session_tallies" ADD COLUMN "by_face" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session_tallies" ADD COLUMN "by_qr" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session_tallies" ADD COLUMN "by_hand" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session_tallies" ADD COLUMN "by_import" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session_tallies" ADD COLUMN "corrected" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session_tallies" ADD COLUMN "kept" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session_tallies" ADD COLUMN "time_corrected" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session_tallies" ADD COLUMN "corrected_away" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "enrolments_course_idx" ON "enrolments" USING btree ("tenant_id","course_id","student_id");--> statement-breakpoint
CREATE INDEX "attendance_events_rejected_idx" ON "attendance_events" USING btree ("tenant_id","session_id") WHERE type = 'rejected';--> statement-breakpoint
CREATE INDEX "notifications_inbox_idx" ON "notifications" USING btree ("tenant_id","user_id",(read_at is not null),"created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE channel = 'in-app';--> statement-breakpoint
-- What is counted besides the status makes a session stale, too.
CREATE OR REPLACE FUNCTION "note_stale_tally"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO stale_tallies (tenant_id, session_id) SELECT DISTINCT n.tenant_id, n.session_id FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO stale_tallies (tenant_id, session_id)
      SELECT DISTINCT o.tenant_id, o.session_id FROM old_rows o JOIN class_sessions s ON s.id = o.session_id;
  ELSE
    INSERT INTO stale_tallies (tenant_id, session_id)
      SELECT DISTINCT n.tenant_id, n.session_id FROM new_rows n JOIN old_rows o ON o.id = n.id
      WHERE n.status IS DISTINCT FROM o.status OR n.day IS DISTINCT FROM o.day
        OR n.method IS DISTINCT FROM o.method OR (n.corrected_by IS NULL) <> (o.corrected_by IS NULL)
        OR (n.first_seen_at IS NULL) <> (o.first_seen_at IS NULL);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- What was counted before is counted anew. Forced row security is lifted for it, which holds the owner too.
ALTER TABLE "session_tallies" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "stale_tallies" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO "stale_tallies" ("tenant_id", "session_id") SELECT tenant_id, session_id FROM "session_tallies";
--> statement-breakpoint
ALTER TABLE "session_tallies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "stale_tallies" FORCE ROW LEVEL SECURITY;
