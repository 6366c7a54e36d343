import { Field } from './field.tsx';

interface TextAreaProps {
  label: string;
  value: string;
  onValue(value: string): void;
  hint?: string;
  problem?: string | null | undefined;
  maxLength?: number;
}

export function TextArea({ value, onValue, maxLength = 2000, ...field }: TextAreaProps) {
  return (
    <Field {...field}>
      {(ids) => (
        <textarea
          {...ids}
          class="input"
          rows={4}
          maxLength={maxLength}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
