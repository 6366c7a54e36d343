/** A column whose bytes are encrypted with the institution's key: encrypted anew when the key is changed. */
export interface SealedColumn {
  table: string;
  column: string;
  /** What the bytes are bound to, of the row's other columns as text. */
  purpose: (row: Record<string, string>) => string;
  /** Columns that the purpose needs besides `id`. */
  needs: readonly string[];
}

const column = (
  table: string,
  name: string,
  purpose: SealedColumn['purpose'],
  needs: readonly string[] = [],
): SealedColumn => ({ table, column: name, purpose, needs });

/** Every encrypted column of every institution, in one place. A test fails for a `bytea` column that is not here or below. */
export const SEALED: readonly SealedColumn[] = [
  column('face_templates', 'embedding', (row) => `face-template:${row.student_id}`, ['student_id']),
  column('face_templates', 'thumbnail', (row) => `face-thumbnail:${row.id}`),
  column('face_proposals', 'embedding', (row) => `face-proposal:${row.id}`),
  column('face_proposals', 'thumbnail', (row) => `face-proposal:${row.id}`),
  column('review_items', 'embedding', (row) => `review:${row.session_id}`, ['session_id']),
  column('cameras', 'credentials', (row) => `camera:${row.id}`),
  column('users', 'totp_secret', (row) => `totp:${row.id}`),
  column('oidc_providers', 'client_secret', (row) => `oidc-provider:${row.id}`),
  column('oidc_states', 'secrets', (row) => `oidc-state:${row.id}`),
  column('qr_sessions', 'secret', (row) => `qr:${row.id}`),
  column('webhooks', 'secret', (row) => `webhook:${row.id}`),
  column('recordings', 'key', (row) => `recording:${row.id}`),
  column('idempotency_keys', 'answer', (row) => `idempotency:${row.id}`),
];

/** The other `bytea` columns and why they are not encrypted with an institution's key. */
export const NOT_SEALED: Readonly<Record<string, string>> = {
  'tenants.wrapped_key': 'the key itself, wrapped by the master key',
  'tenant_keys.wrapped_key': 'a key that was in use before, wrapped by the master key',
  'tenants.logo': 'shown to everybody',
  'signing_keys.private_key': 'of no institution; encrypted with a key derived from the master key',
  'login_attempts.key': 'HMAC',
  'backup_codes.code_hash': 'hash',
  'one_time_tokens.token_hash': 'hash',
  'activation_codes.code_hash': 'hash',
  'api_keys.key_hash': 'hash',
  'oidc_states.state_hash': 'hash',
  'refresh_tokens.token_hash': 'hash',
  'idempotency_keys.request_hash': 'hash',
  'qr_scans.device_hash': 'HMAC',
  'audit_log.origin_hash': 'hash',
  'audit_log.origin_salt': 'salt of that hash',
  'audit_log.previous_hash': 'hash',
  'audit_log.hash': 'hash',
  'audit_checkpoints.hash': 'hash',
  'audit_checkpoints.mac': 'MAC',
};
