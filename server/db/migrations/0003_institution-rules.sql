-- Rooms were a text of the camera; each becomes a room of its institution. Forced row security is lifted for it, which
-- holds the tables' owner too.
ALTER TABLE "cameras" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO "rooms" ("id", "tenant_id", "name")
  SELECT gen_random_uuid(), tenant_id, room FROM (SELECT DISTINCT tenant_id, room FROM "cameras" WHERE room <> '') named;
--> statement-breakpoint
UPDATE "cameras" c SET room_id = r.id FROM "rooms" r WHERE r.tenant_id = c.tenant_id AND r.name = c.room;
--> statement-breakpoint
ALTER TABLE "cameras" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "cameras" DROP COLUMN "room";
--> statement-breakpoint
-- The local day of a session, and day and course of a record, so that reports read one table.
ALTER TABLE "class_sessions" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "attendance_records" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "tenants" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE "class_sessions" s SET day = (s.starts_at AT TIME ZONE t.timezone)::date FROM "tenants" t WHERE t.id = s.tenant_id;
--> statement-breakpoint
UPDATE "attendance_records" r SET day = s.day, course_id = s.course_id FROM "class_sessions" s WHERE s.id = r.session_id;
--> statement-breakpoint
ALTER TABLE "class_sessions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "attendance_records" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "tenants" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE FUNCTION "class_sessions_day"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT (NEW.starts_at AT TIME ZONE t.timezone)::date INTO NEW.day FROM tenants t WHERE t.id = NEW.tenant_id;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER "class_sessions_day" BEFORE INSERT OR UPDATE OF "starts_at" ON "class_sessions"
  FOR EACH ROW EXECUTE FUNCTION "class_sessions_day"();
--> statement-breakpoint
CREATE FUNCTION "attendance_records_place"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT s.day, s.course_id INTO NEW.day, NEW.course_id FROM class_sessions s WHERE s.id = NEW.session_id;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER "attendance_records_place" BEFORE INSERT ON "attendance_records"
  FOR EACH ROW EXECUTE FUNCTION "attendance_records_place"();
--> statement-breakpoint
-- Row-level security of the new tables. `app.system` also opens what signing in, the outbox and the job runner need
-- before they know the institution.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'teachers', 'face_proposals', 'course_teachers', 'rooms', 'course_meetings', 'holidays', 'excuses', 'contests',
    'qr_sessions', 'qr_scans', 'idempotency_keys', 'audit_log', 'job_runs', 'dead_letters', 'files', 'report_jobs',
    'imports', 'notifications', 'webhooks', 'webhook_deliveries'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY "tenant" ON %I USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()))',
      name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY[
    'tenant_keys', 'backup_codes', 'one_time_tokens', 'activation_codes', 'api_keys', 'oidc_providers', 'oidc_states',
    'user_identities', 'outbox'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY "tenant" ON %I USING (tenant_id = (SELECT app_tenant()) OR (SELECT app_system())) '
      'WITH CHECK (tenant_id = (SELECT app_tenant()) OR (SELECT app_system()))',
      name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['login_attempts', 'signing_keys'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY "system" ON %I USING ((SELECT app_system())) WITH CHECK ((SELECT app_system()))', name);
  END LOOP;
END $$;
--> statement-breakpoint
ALTER TABLE "courses" ADD CONSTRAINT "courses_opens_check" CHECK ("opens" IN ('manual', 'schedule', 'camera'));
--> statement-breakpoint
ALTER TABLE "course_meetings" ADD CONSTRAINT "course_meetings_weekday_check" CHECK ("weekday" BETWEEN 1 AND 7);
--> statement-breakpoint
ALTER TABLE "excuses" ADD CONSTRAINT "excuses_status_check"
  CHECK ("status" IN ('open', 'accepted', 'refused') AND "from_at" < "until_at");
--> statement-breakpoint
ALTER TABLE "contests" ADD CONSTRAINT "contests_status_check" CHECK ("status" IN ('open', 'accepted', 'refused'));
--> statement-breakpoint
-- A scan is accepted once a student and window, however many requests come at once.
CREATE UNIQUE INDEX "qr_scans_accepted_key" ON "qr_scans" ("qr_session_id", "student_id") WHERE "accepted";
