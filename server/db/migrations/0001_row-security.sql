-- Row-level security: a transaction sees the rows of the institution in `app.tenant_id` and nothing where it is unset.
-- FORCE holds the tables' owner to it as well; only a superuser or BYPASSRLS role passes, and the server refuses to
-- run its queries as one. `app.system` opens just the three tables that signing in and starting up need.
CREATE FUNCTION "app_tenant"() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$;
--> statement-breakpoint
CREATE FUNCTION "app_system"() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT coalesce(current_setting('app.system', true), '') = 'on' $$;
--> statement-breakpoint
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'students', 'consents', 'face_templates', 'erasure_receipts', 'courses', 'enrolments', 'cameras',
    'class_sessions', 'streams', 'attendance_records', 'attendance_events', 'review_items',
    'engagement_samples', 'emotion_history'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY "tenant" ON %I USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()))',
      name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['users', 'refresh_tokens'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY "tenant" ON %I USING (tenant_id = (SELECT app_tenant()) OR (SELECT app_system())) '
      'WITH CHECK (tenant_id = (SELECT app_tenant()) OR (SELECT app_system()))',
      name);
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE "tenants" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "tenants" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "tenants"
  USING (id = (SELECT app_tenant()) OR (SELECT app_system()))
  WITH CHECK (id = (SELECT app_tenant()) OR (SELECT app_system()));
--> statement-breakpoint
-- What the schema language has no word for.
ALTER TABLE "users" ADD CONSTRAINT "users_student_fk" FOREIGN KEY ("tenant_id", "student_id")
  REFERENCES "students" ("tenant_id", "id") ON DELETE CASCADE;
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_role_check"
  CHECK ("role" IN ('sysadmin', 'admin', 'teacher', 'student') AND ("role" = 'student') = ("student_id" IS NOT NULL));
--> statement-breakpoint
ALTER TABLE "consents" ADD CONSTRAINT "consents_purpose_check" CHECK ("purpose" IN ('face', 'emotion'));
--> statement-breakpoint
ALTER TABLE "face_templates" ADD CONSTRAINT "face_templates_kind_check" CHECK ("kind" IN ('enrolment', 'negative'));
--> statement-breakpoint
ALTER TABLE "class_sessions" ADD CONSTRAINT "class_sessions_status_check" CHECK ("status" IN ('open', 'closed'));
--> statement-breakpoint
ALTER TABLE "attendance_records" ADD CONSTRAINT "attendance_records_status_check"
  CHECK ("status" IN ('pending', 'present', 'late', 'excused', 'absent'));
--> statement-breakpoint
ALTER TABLE "review_items" ADD CONSTRAINT "review_items_status_check"
  CHECK ("status" IN ('open', 'confirmed', 'rejected', 'obsolete'));
--> statement-breakpoint
-- The emotion lock, below every line of the application: no choice of mode under a policy that prohibits it, and no
-- row of emotion in a session whose frozen policy says off.
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_emotion_check"
  CHECK ("emotion_mode" IN ('off', 'class', 'individual') AND ("policy" <> 'eu' OR "emotion_mode" = 'off'));
--> statement-breakpoint
CREATE FUNCTION "emotion_history_allowed"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  mode text;
  smallest integer;
BEGIN
  SELECT policy ->> 'emotion', (policy ->> 'minClassSize')::integer INTO mode, smallest
    FROM class_sessions WHERE id = NEW.session_id;
  IF mode IS NULL OR mode = 'off' OR (NEW.student_id IS NOT NULL AND mode <> 'individual') THEN
    RAISE EXCEPTION 'emotion may not be kept in this session' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.student_id IS NULL AND NEW.people < smallest THEN
    RAISE EXCEPTION 'an aggregate of % people shows individuals', NEW.people USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER "emotion_history_allowed" BEFORE INSERT OR UPDATE ON "emotion_history"
  FOR EACH ROW EXECUTE FUNCTION "emotion_history_allowed"();
