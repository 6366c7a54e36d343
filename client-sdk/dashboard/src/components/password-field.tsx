import { Eye, EyeOff } from 'lucide';
import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { Field } from './field.tsx';
import { Icon } from './icon.tsx';
import type { Problems } from './record-form.tsx';

interface PasswordFieldProps {
  label: string;
  value: string;
  onValue(value: string): void;
  hint?: string;
  problem?: string | null | undefined;
  optional?: boolean;
  /** For password managers: which of the two it is. */
  autocomplete: 'current-password' | 'new-password';
  inputRef?: RefObject<HTMLInputElement | null>;
}

/** A password that can be looked at while it is typed. */
export function PasswordField(props: PasswordFieldProps) {
  const { value, onValue, autocomplete, inputRef, ...field } = props;
  const [shown, setShown] = useState(false);
  // The attribute types of one element do not allow a union of input types.
  const visibility = shown ? { type: 'text' as const } : { type: 'password' as const };
  return (
    <Field {...field}>
      {(ids) => (
        <div class="input-with-action">
          <input
            {...ids}
            ref={inputRef ?? null}
            class="input"
            name={autocomplete}
            {...visibility}
            autocomplete={autocomplete}
            required={!field.optional}
            value={value}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
          <button
            type="button"
            class="button quiet icon small"
            aria-label={shown ? t('signIn.hide') : t('signIn.show')}
            onClick={() => setShown(!shown)}
          >
            <Icon of={shown ? EyeOff : Eye} />
          </button>
        </div>
      )}
    </Field>
  );
}

const SHORTEST = 10;

/** A password to be chosen, typed twice. */
export function useNewPassword() {
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const problems: Problems = {
    password: password.length >= SHORTEST ? null : t('gate.passwordShort'),
    again: again === password ? null : t('gate.passwordDiffers'),
  };
  const fields = (shown: Problems) => (
    <>
      <PasswordField
        label={t('gate.newPassword')}
        hint={t('gate.passwordRule')}
        value={password}
        onValue={setPassword}
        problem={shown.password}
        autocomplete="new-password"
      />
      <PasswordField
        label={t('gate.repeatPassword')}
        value={again}
        onValue={setAgain}
        problem={shown.again}
        autocomplete="new-password"
      />
    </>
  );
  const clear = () => {
    setPassword('');
    setAgain('');
  };
  return { password, problems, fields, clear };
}
