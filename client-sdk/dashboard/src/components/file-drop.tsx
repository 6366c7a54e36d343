import type { IconNode } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface FileDropProps {
  icon: IconNode;
  /** Asks for the files. */
  label: string;
  /** On the button, which does the same. */
  choose: string;
  accept: string;
  multiple?: boolean;
  primary?: boolean;
  /** Being sent: no more are taken, and the button says so. */
  busy: boolean;
  /** A name for the hidden input, as `data-NAME`. */
  name: string;
  onFiles(files: File[]): void;
  children?: ComponentChildren;
}

/** A place to drop files on, with a button that opens the system's own choice. */
export function FileDrop(props: FileDropProps) {
  const { icon, label, choose, accept, multiple = false, primary, busy, name, onFiles, children } = props;
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => {
    const taken = [...(files ?? [])].slice(0, multiple ? undefined : 1);
    if (taken.length > 0 && !busy) onFiles(taken);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra, the button in it does the same
    <div
      class="drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <Icon of={icon} size={28} />
      <p>{label}</p>
      <input
        ref={input}
        type="file"
        accept={accept}
        multiple={multiple}
        hidden
        {...{ [`data-${name}`]: true }}
        onChange={(event) => {
          take(event.currentTarget.files);
          // The same file can be chosen again.
          event.currentTarget.value = '';
        }}
      />
      <button
        type="button"
        class={primary ? 'button primary' : 'button'}
        disabled={busy}
        onClick={() => input.current?.click()}
      >
        {busy && <span class="spinner" />}
        {choose}
      </button>
      {children}
    </div>
  );
}
