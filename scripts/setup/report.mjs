/** A set-up step that cannot go on: what is wrong, and what the person at the keyboard can do about it. */
export class SetupError extends Error {
  constructor(message, remedy = '') {
    super(message);
    this.name = 'SetupError';
    this.remedy = remedy;
  }
}

/** One line to standard error. */
export function say(line) {
  process.stderr.write(`[setup] ${line}\n`);
}
