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