/** What somebody may read but not change. */
export function Details({ of }: { of: [label: string, value: string | null][] }) {
  return (
    <dl class="details">
      {of.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value || '–'}</dd>
        </div>
      ))}
    </dl>
  );
}
