import { useId } from 'preact/hooks';
import { percent } from '../i18n/format.ts';

/** Long work that says how far it is, 0 to 1. The label is read out when it changes. */
export function Progress({ label, value }: { label: string; value: number }) {
  const id = useId();
  return (
    <div class="progress">
      <p class="row small" id={id} role="status">
        <span class="spinner" />
        <span class="grow">{label}</span>
      </p>
      <div class="row">
        <progress class="grow" max={1} value={value} aria-labelledby={id} />
        <span class="small tabular muted">{percent(value)}</span>
      </div>
    </div>
  );
}
