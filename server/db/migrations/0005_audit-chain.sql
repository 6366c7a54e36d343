CREATE TABLE "audit_checkpoints" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"mac" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "erasure_receipts" ALTER COLUMN "student_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "origin_hash" "bytea" NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "origin_salt" "bytea";--> statement-breakpoint
ALTER TABLE "consents" ADD COLUMN "wording" text;--> statement-breakpoint
ALTER TABLE "audit_checkpoints" ADD CONSTRAINT "audit_checkpoints_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_checkpoints_seq_idx" ON "audit_checkpoints" USING btree ("tenant_id","seq");
--> statement-breakpoint
ALTER TABLE "audit_checkpoints" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "audit_checkpoints" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY "tenant" ON "audit_checkpoints"
  USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
--> statement-breakpoint
-- The bytes that a hash is taken of: each field with its length, so that no two lists of fields have the same bytes;
-- server/features/audit/chain.ts does the same to verify.
CREATE FUNCTION "audit_bytes"(VARIADIC fields text[]) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT convert_to(string_agg(coalesce(octet_length(convert_to(f, 'UTF8')) || ':' || f, '-'), ',' ORDER BY i), 'UTF8')
  FROM unnest(fields) WITH ORDINALITY AS list (f, i)
$$;
--> statement-breakpoint
-- Adds an entry to the chain of the transaction's institution. The lock lasts until the transaction ends, so it is the last
-- thing that a transaction does. The institution's row is taken first: whoever holds it never waits for the lock of
-- somebody who waits for the row.
CREATE FUNCTION "audit_append"(
  entry_id uuid, entry_at timestamptz, actor uuid, kind text, what text, about_type text, about uuid,
  from_address text, agent text, request text, details jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  tenant uuid := app_tenant();
  number bigint;
  before bytea;
  salt bytea := uuid_send(gen_random_uuid());
  origin bytea := sha256(salt || audit_bytes(from_address, agent));
BEGIN
  PERFORM 1 FROM tenants WHERE id = tenant FOR KEY SHARE;
  PERFORM pg_advisory_xact_lock(7209657, hashtext(tenant::text));
  SELECT seq, hash INTO number, before FROM audit_log WHERE tenant_id = tenant ORDER BY seq DESC LIMIT 1;
  IF number IS NULL THEN
    SELECT seq, hash INTO number, before FROM audit_checkpoints
      WHERE tenant_id = tenant AND audit_checkpoints.kind = 'purge' ORDER BY seq DESC LIMIT 1;
  END IF;
  number := coalesce(number, 0) + 1;
  before := coalesce(before, '\x'::bytea);
  INSERT INTO audit_log (
    id, tenant_id, seq, at, actor_id, actor_kind, action, subject_type, subject_id, address, user_agent, origin_salt,
    origin_hash, request_id, data, previous_hash, hash
  ) VALUES (
    entry_id, tenant, number, entry_at, actor, kind, what, about_type, about, from_address, agent, salt,
    origin, request, details, before,
    sha256(before || audit_bytes(
      '1', tenant::text, number::text, entry_id::text, (extract(epoch FROM entry_at) * 1000000)::bigint::text,
      actor::text, kind, what, about_type, about::text, encode(origin, 'hex'), request, details::text))
  );
  RETURN number;
END $$;
--> statement-breakpoint
-- The one way to remove entries: those up to a checkpoint that says so. Runs as the owner, under row-level security all
-- the same; the application's role may not delete.
CREATE FUNCTION "audit_purge"(up_to bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  removed bigint;
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM audit_checkpoints c JOIN audit_log a ON a.tenant_id = c.tenant_id AND a.seq = c.seq AND a.hash = c.hash
    WHERE c.tenant_id = app_tenant() AND c.kind = 'purge' AND c.seq = up_to
  ) THEN
    RAISE EXCEPTION 'no checkpoint says that the audit log ends at %', up_to USING ERRCODE = 'check_violation';
  END IF;
  DELETE FROM audit_log WHERE tenant_id = app_tenant() AND seq <= up_to;
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
