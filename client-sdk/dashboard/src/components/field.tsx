import { CircleAlert, Search } from 'lucide';
import type { ComponentChildren, InputHTMLAttributes, RefObject } from 'preact';
import { useId } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { Icon } from './icon.tsx';

interface FieldProps {
  label: string;
  hint?: string | undefined;
  problem?: string | null | undefined;
  optional?: boolean;
  children(ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }): ComponentChildren;
}

/** Ties label, hint and error to a control, so that all three are read with it. */
export function Field({ label, hint, problem, optional, children }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', problem ? `${id}-problem` : ''].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>
        {label} {optional && <span class="optional">({t('app.optional')})</span>}
      </label>
      {children({
        id,
        ...(described ? { 'aria-describedby': described } : {}),
        ...(problem ? { 'aria-invalid': true } : {}),
      })}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem && (
        <p class="problem" id={`${id}-problem`}>
          <Icon of={CircleAlert} size={15} />
          {problem}
        </p>
      )}
    </div>
  );
}

interface TextFieldProps extends Omit<FieldProps, 'children'> {
  value: string;
  onValue(value: string): void;
  input?: InputHTMLAttributes;
  inputRef?: RefObject<HTMLInputElement | null>;
}

export function TextField({ value, onValue, input, inputRef, ...field }: TextFieldProps) {
  return (
    <Field {...field}>
      {(ids) => (
        <input
          {...input}
          {...ids}
          ref={inputRef ?? null}
          class="input"
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface SearchFieldProps {
  label: string;
  value: string;
  onValue(value: string): void;
  inputRef?: RefObject<HTMLInputElement | null>;
}

export function SearchField({ label, value, onValue, inputRef }: SearchFieldProps) {
  return (
    <div class="search grow">
      <Icon of={Search} size={17} />
      <input
        ref={inputRef ?? null}
        class="input"
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </div>
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange(checked: boolean): void;
}

export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch">
      <input
        type="checkbox"
        role="switch"
        id={id}
        checked={checked}
        aria-checked={checked}
        disabled={disabled ?? false}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          // What is shown is what is stored; it moves when the change has been made.
          event.currentTarget.checked = checked;
          onChange(wanted);
        }}
      />
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
