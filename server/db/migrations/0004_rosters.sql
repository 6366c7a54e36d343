CREATE TABLE "import_lines" (
	"tenant_id" uuid NOT NULL,
	"import_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"file" text NOT NULL,
	"line" integer NOT NULL,
	"entity" text NOT NULL,
	"key" text NOT NULL,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"outcome" text,
	"code" text,
	"message" text,
	"student_id" uuid,
	"target_id" uuid,
	CONSTRAINT "import_lines_import_id_seq_pk" PRIMARY KEY("import_id","seq")
);
--> statement-breakpoint
ALTER TABLE "courses" ADD COLUMN "archived_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "teachers" ADD COLUMN "archived_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "details" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "import_lines" ADD CONSTRAINT "import_lines_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "imports" ADD CONSTRAINT "imports_tenant_id_key" UNIQUE("tenant_id","id");--> statement-breakpoint
ALTER TABLE "import_lines" ADD CONSTRAINT "import_lines_import_fk" FOREIGN KEY ("tenant_id","import_id") REFERENCES "public"."imports"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "import_lines_outcome_idx" ON "import_lines" USING btree ("import_id","outcome","seq");--> statement-breakpoint
CREATE INDEX "import_lines_student_idx" ON "import_lines" USING btree ("tenant_id","student_id");--> statement-breakpoint
ALTER TABLE "import_lines" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "import_lines" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "import_lines" USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
--> statement-breakpoint
ALTER TABLE "import_lines" ADD CONSTRAINT "import_lines_outcome_check"
  CHECK ("outcome" IN ('create', 'update', 'unchanged', 'archive', 'error', 'ignored'));
