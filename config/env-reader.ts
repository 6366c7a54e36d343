/** Thrown once with everything that is wrong with the configuration, one line each. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Reads typed values from environment variables and collects what is wrong. An empty variable counts as unset. */
export class EnvReader {
  readonly #env: NodeJS.ProcessEnv;
  readonly #problems: string[] = [];

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  optional(name: string): string | null {
    const value = this.#env[name]?.trim();
    return value ? value : null;
  }

  text(name: string, fallback: string): string {
    return this.optional(name) ?? fallback;
  }

  number(name: string, fallback: number, min: number, max: number): number {
    const raw = this.optional(name);
    if (raw === null) return fallback;
    const value = Number(raw);
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    this.problem(name, `must be a number from ${min} to ${max}, not "${raw}"`);
    return fallback;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.number(name, fallback, min, max);
    if (Number.isInteger(value)) return value;
    this.problem(name, `must be a whole number, not ${value}`);
    return fallback;
  }

  boolean(name: string, fallback: boolean): boolean {
    const raw = this.optional(name)?.toLowerCase();
    if (raw === undefined) return fallback;
    if (['1', 'true', 'yes', 'on'].includes(raw)) return true;
    if (['0', 'false', 'no', 'off'].includes(raw)) return false;
    this.problem(name, `must be true or false, not "${raw}"`);
    return fallback;
  }

  choice<const T extends string>(name: string, options: readonly T[], fallback: T): T {
    const raw = this.optional(name);
    if (raw === null) return fallback;
    const found = options.find((option) => option === raw);
    if (found !== undefined) return found;
    this.problem(name, `must be one of ${options.join(', ')}, not "${raw}"`);
    return fallback;
  }

  list(name: string, fallback: string[]): string[] {
    const raw = this.optional(name);
    if (raw === null) return fallback;
    return raw
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  url(name: string, fallback: string, protocols: readonly string[]): string {
    return (this.optionalUrl(name, protocols) ?? fallback).replace(/\/+$/, '');
  }

  /** The value itself is left out of the message: it may hold a password. */
  optionalUrl(name: string, protocols: readonly string[]): string | null {
    const raw = this.optional(name);
    if (raw === null) return null;
    const accepted = URL.canParse(raw) && protocols.includes(new URL(raw).protocol);
    if (!accepted)
      this.problem(
        name,
        `must be an address that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
      );
    return accepted ? raw : null;
  }

  check(name: string, test: () => unknown): void {
    try {
      test();
    } catch (error) {
      this.problem(name, error instanceof Error ? error.message : String(error));
    }
  }

  problem(name: string, message: string): void {
    this.#problems.push(`${name}: ${message}`);
  }

  finish(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }
}
