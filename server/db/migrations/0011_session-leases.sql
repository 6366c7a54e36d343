CREATE TABLE "servers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"place" text NOT NULL,
	"pid" integer NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session_leases" (
	"session_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"server_id" uuid NOT NULL
);
--> statement-breakpoint
ALTER TABLE "session_leases" ADD CONSTRAINT "session_leases_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_leases" ADD CONSTRAINT "session_leases_session_fk" FOREIGN KEY ("tenant_id","session_id") REFERENCES "public"."class_sessions"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "session_leases_server_idx" ON "session_leases" USING btree ("server_id");--> statement-breakpoint
ALTER TABLE "servers" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "servers" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "system" ON "servers" USING ((SELECT app_system())) WITH CHECK ((SELECT app_system()));
--> statement-breakpoint
-- Sessions that are open already are of a server that is gone. Forced row security is lifted for it, which holds the
-- tables’ owner too.
ALTER TABLE "class_sessions" NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO "session_leases" ("session_id", "tenant_id", "server_id")
  SELECT id, tenant_id, gen_random_uuid() FROM "class_sessions" WHERE status = 'open';
--> statement-breakpoint
ALTER TABLE "class_sessions" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "session_leases" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "session_leases" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "session_leases" USING (tenant_id = (SELECT app_tenant()) OR (SELECT app_system()))
  WITH CHECK (tenant_id = (SELECT app_tenant()) OR (SELECT app_system()));
