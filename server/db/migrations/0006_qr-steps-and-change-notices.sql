ALTER TABLE "qr_sessions" ADD COLUMN "last_step" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- Tells every server what changed, so that answers kept from before are forgotten: `TENANT TAG`, or `* TAG` from a
-- transaction of no single institution. Row-level security holds a transaction to the institution of its setting, so no
-- row has to be looked at; Postgres sends equal notices of one transaction once.
CREATE FUNCTION "notice_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify(
    'yoklama_changed', coalesce(nullif(current_setting('app.tenant_id', true), ''), '*') || ' ' || TG_ARGV[0]);
  RETURN NULL;
END $$;
--> statement-breakpoint
DO $$
DECLARE
  tag text;
  name text;
BEGIN
  FOR tag, name IN VALUES
    ('attendance', 'attendance_records'), ('attendance', 'attendance_events'),
    ('attendance', 'excuses'), ('attendance', 'contests'),
    ('reviews', 'review_items'),
    ('sessions', 'class_sessions'), ('sessions', 'streams'), ('sessions', 'qr_sessions'),
    ('rosters', 'students'), ('rosters', 'teachers'), ('rosters', 'courses'), ('rosters', 'course_teachers'),
    ('rosters', 'enrolments'), ('rosters', 'rooms'), ('rosters', 'course_meetings'), ('rosters', 'holidays'),
    ('rosters', 'cameras'), ('rosters', 'consents'), ('rosters', 'face_templates'),
    ('engagement', 'engagement_samples'), ('engagement', 'emotion_history'),
    ('notifications', 'notifications'), ('notifications', 'webhooks'), ('notifications', 'webhook_deliveries'),
    ('institution', 'tenants'), ('institution', 'users')
  LOOP
    EXECUTE format(
      'CREATE TRIGGER "notice_change" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
      'FOR EACH STATEMENT EXECUTE FUNCTION "notice_change"(%L)', name, tag);
  END LOOP;
END $$;
