-- Who registers as a student and is not found on the roster waits, switched off, until an administrator names the entry.
ALTER TABLE "users" DROP CONSTRAINT "users_role_check";
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_role_check" CHECK (
  "role" IN ('sysadmin', 'admin', 'teacher', 'student')
  AND ("role" = 'student' OR "student_id" IS NULL)
  AND ("role" <> 'student' OR "student_id" IS NOT NULL OR NOT "active")
);
--> statement-breakpoint
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_times_check" CHECK ("active_from" < "retires_at");
