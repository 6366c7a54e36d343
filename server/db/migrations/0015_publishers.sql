ALTER TABLE "cameras" DROP CONSTRAINT "cameras_name_key";--> statement-breakpoint
ALTER TABLE "cameras" ADD COLUMN "kind" text DEFAULT 'network' NOT NULL;--> statement-breakpoint
ALTER TABLE "cameras" ADD COLUMN "session_id" uuid;--> statement-breakpoint
ALTER TABLE "cameras" ADD COLUMN "student_id" uuid;--> statement-breakpoint
CREATE UNIQUE INDEX "cameras_name_key" ON "cameras" USING btree ("tenant_id","name") WHERE kind = 'network';--> statement-breakpoint
CREATE INDEX "cameras_session_idx" ON "cameras" USING btree ("session_id");--> statement-breakpoint
CREATE INDEX "cameras_student_idx" ON "cameras" USING btree ("student_id");
--> statement-breakpoint
-- A publisher belongs to one session and goes with it; a student's own goes with the student.
ALTER TABLE "cameras" ADD CONSTRAINT "cameras_session_fk" FOREIGN KEY ("tenant_id","session_id") REFERENCES "public"."class_sessions"("tenant_id","id") ON DELETE cascade;
--> statement-breakpoint
ALTER TABLE "cameras" ADD CONSTRAINT "cameras_student_fk" FOREIGN KEY ("tenant_id","student_id") REFERENCES "public"."students"("tenant_id","id") ON DELETE cascade;
