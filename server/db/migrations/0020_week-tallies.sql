CREATE TABLE "counted_weeks" (
	"tenant_id" uuid NOT NULL,
	"week" date NOT NULL,
	CONSTRAINT "counted_weeks_tenant_id_week_pk" PRIMARY KEY("tenant_id","week")
);
--> statement-breakpoint
CREATE TABLE "student_weeks" (
	"tenant_id" uuid NOT NULL,
	"week" date NOT NULL,
	"student_id" uuid NOT NULL,
	"came" smallint[] NOT NULL,
	"absent" smallint[] NOT NULL,
	"records" smallint[] NOT NULL,
	CONSTRAINT "student_weeks_tenant_id_week_student_id_pk" PRIMARY KEY("tenant_id","week","student_id")
);
--> statement-breakpoint
ALTER TABLE "stale_tallies" ADD COLUMN "day" date;--> statement-breakpoint
ALTER TABLE "counted_weeks" ADD CONSTRAINT "counted_weeks_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "student_weeks" ADD CONSTRAINT "student_weeks_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "student_weeks" ADD CONSTRAINT "student_weeks_student_fk" FOREIGN KEY ("tenant_id","student_id") REFERENCES "public"."students"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "student_weeks_student_idx" ON "student_weeks" USING btree ("tenant_id","student_id");
--> statement-breakpoint
ALTER TABLE "student_weeks" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "student_weeks" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "student_weeks"
  USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
--> statement-breakpoint
ALTER TABLE "counted_weeks" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "counted_weeks" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "counted_weeks"
  USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
--> statement-breakpoint
-- As before, with the days whose records change. Those of a session that goes are known from its own row.
CREATE OR REPLACE FUNCTION "note_stale_tally"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO stale_tallies (tenant_id, course_id, session_id, day)
      SELECT DISTINCT n.tenant_id, n.course_id, n.session_id, n.day FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO stale_tallies (tenant_id, course_id, session_id, day)
      SELECT DISTINCT o.tenant_id, o.course_id, o.session_id, o.day
      FROM old_rows o JOIN class_sessions s ON s.id = o.session_id;
  ELSE
    INSERT INTO stale_tallies (tenant_id, course_id, session_id, day)
      SELECT DISTINCT n.tenant_id, n.course_id, n.session_id, d.day
      FROM new_rows n JOIN old_rows o ON o.id = n.id CROSS JOIN LATERAL (VALUES (n.day), (o.day)) d (day)
      WHERE n.status IS DISTINCT FROM o.status OR n.day IS DISTINCT FROM o.day
        OR n.method IS DISTINCT FROM o.method OR (n.corrected_by IS NULL) <> (o.corrected_by IS NULL)
        OR (n.first_seen_at IS NULL) <> (o.first_seen_at IS NULL);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION "note_changed_session"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO stale_tallies (tenant_id, course_id, day)
      SELECT OLD.tenant_id, OLD.course_id, OLD.day FROM tenants t WHERE t.id = OLD.tenant_id;
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
