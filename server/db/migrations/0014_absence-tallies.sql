CREATE TABLE "absence_tallies" (
	"tenant_id" uuid NOT NULL,
	"course_id" uuid NOT NULL,
	"student_id" uuid NOT NULL,
	"absences" integer NOT NULL,
	"excused" integer NOT NULL,
	"current_streak" integer NOT NULL,
	"longest_streak" integer NOT NULL,
	"longest_from" date,
	"longest_until" date,
	CONSTRAINT "absence_tallies_course_id_student_id_pk" PRIMARY KEY("course_id","student_id")
);
--> statement-breakpoint
ALTER TABLE "stale_tallies" ALTER COLUMN "session_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "stale_tallies" ADD COLUMN "course_id" uuid;--> statement-breakpoint
ALTER TABLE "absence_tallies" ADD CONSTRAINT "absence_tallies_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "absence_tallies" ADD CONSTRAINT "absence_tallies_course_fk" FOREIGN KEY ("tenant_id","course_id") REFERENCES "public"."courses"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "absence_tallies" ADD CONSTRAINT "absence_tallies_student_fk" FOREIGN KEY ("tenant_id","student_id") REFERENCES "public"."students"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "absence_tallies_student_idx" ON "absence_tallies" USING btree ("tenant_id","student_id");
--> statement-breakpoint
-- Forced row security is lifted for what is filled in here, which holds the tables' owner too.
ALTER TABLE "class_sessions" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "attendance_records" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "stale_tallies" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "stale_tallies" x SET course_id = s.course_id FROM "class_sessions" s WHERE s.id = x.session_id;
--> statement-breakpoint
-- Of sessions that are gone: nothing is counted of them.
DELETE FROM "stale_tallies" WHERE course_id IS NULL;
--> statement-breakpoint
ALTER TABLE "stale_tallies" ALTER COLUMN "course_id" SET NOT NULL;
--> statement-breakpoint
INSERT INTO "absence_tallies" ("tenant_id", "course_id", "student_id", "absences", "excused", "current_streak",
    "longest_streak", "longest_from", "longest_until")
  SELECT tenant_id, course_id, student_id, sum(length), sum(excused), coalesce(max(length) FILTER (WHERE at_end), 0), max(length),
    (array_agg(first_day ORDER BY length DESC, first_day DESC))[1], (array_agg(last_day ORDER BY length DESC, first_day DESC))[1]
  FROM (
    SELECT tenant_id, course_id, student_id, count(*) FILTER (WHERE absent) AS length,
      count(*) FILTER (WHERE NOT absent) AS excused, max(n) = max(last) AS at_end,
      min(day) FILTER (WHERE absent) AS first_day, max(day) FILTER (WHERE absent) AS last_day
    FROM (
      SELECT r.tenant_id, r.course_id, r.student_id, r.day, r.status = 'absent' AS absent, m.n, m.last,
        m.n - row_number() OVER (PARTITION BY r.course_id, r.student_id ORDER BY m.n) AS island
      FROM "attendance_records" r JOIN (
        SELECT s.id, row_number() OVER (PARTITION BY s.course_id ORDER BY s.starts_at, s.id) AS n,
          count(*) OVER (PARTITION BY s.course_id) AS last
        FROM "class_sessions" s WHERE s.status = 'closed'
      ) m ON m.id = r.session_id
      WHERE r.status IN ('absent', 'excused')
    ) missed GROUP BY tenant_id, course_id, student_id, island
  ) runs GROUP BY tenant_id, course_id, student_id;
--> statement-breakpoint
ALTER TABLE "class_sessions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "attendance_records" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "stale_tallies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "absence_tallies" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "absence_tallies" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "absence_tallies"
  USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "note_stale_tally"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO stale_tallies (tenant_id, course_id, session_id)
      SELECT DISTINCT n.tenant_id, n.course_id, n.session_id FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO stale_tallies (tenant_id, course_id, session_id)
      SELECT DISTINCT o.tenant_id, o.course_id, o.session_id FROM old_rows o JOIN class_sessions s ON s.id = o.session_id;
  ELSE
    INSERT INTO stale_tallies (tenant_id, course_id, session_id)
      SELECT DISTINCT n.tenant_id, n.course_id, n.session_id FROM new_rows n JOIN old_rows o ON o.id = n.id
      WHERE n.status IS DISTINCT FROM o.status OR n.day IS DISTINCT FROM o.day
        OR n.method IS DISTINCT FROM o.method OR (n.corrected_by IS NULL) <> (o.corrected_by IS NULL)
        OR (n.first_seen_at IS NULL) <> (o.first_seen_at IS NULL);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Streaks run from session to session, whether anybody missed it or not: every change in the row of a course's closed
-- sessions counts. Sessions that go with their institution leave nothing.
CREATE FUNCTION "note_changed_session"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO stale_tallies (tenant_id, course_id)
      SELECT OLD.tenant_id, OLD.course_id FROM tenants t WHERE t.id = OLD.tenant_id AND OLD.status = 'closed';
  ELSIF TG_OP = 'INSERT' THEN
    IF NEW.status = 'closed' THEN
      INSERT INTO stale_tallies (tenant_id, course_id) VALUES (NEW.tenant_id, NEW.course_id);
    END IF;
  ELSE
    IF NEW.starts_at IS DISTINCT FROM OLD.starts_at THEN
      INSERT INTO stale_tallies (tenant_id, course_id, session_id) VALUES (NEW.tenant_id, NEW.course_id, NEW.id);
    END IF;
    IF NEW.status IS DISTINCT FROM OLD.status THEN
      INSERT INTO stale_tallies (tenant_id, course_id) VALUES (NEW.tenant_id, NEW.course_id);
    END IF;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
DROP TRIGGER "class_sessions_tally" ON "class_sessions";
--> statement-breakpoint
DROP FUNCTION "note_moved_session"();
--> statement-breakpoint
CREATE TRIGGER "class_sessions_tally" AFTER INSERT OR DELETE OR UPDATE OF "starts_at", "status" ON "class_sessions"
  FOR EACH ROW EXECUTE FUNCTION "note_changed_session"();
