import type { NamedFile } from '../../../src/index.ts';

/** Browsers read the address some time after the click. */
const KEPT_MS = 60_000;

/** Gives a file that was fetched as the signed-in user to the browser to be kept. */
export function save({ name, blob }: NamedFile): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}
