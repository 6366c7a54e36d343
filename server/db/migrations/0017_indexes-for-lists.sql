DROP INDEX "class_sessions_day_idx";--> statement-breakpoint
DROP INDEX "session_tallies_day_idx";--> statement-breakpoint
CREATE INDEX "students_name_idx" ON "students" USING btree ("tenant_id",name collate "und-x-icu","id") WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX "class_sessions_day_idx" ON "class_sessions" USING btree ("tenant_id","day","course_id");--> statement-breakpoint
CREATE INDEX "session_tallies_day_idx" ON "session_tallies" USING btree ("tenant_id","day","course_id","present","late","excused","absent","pending");