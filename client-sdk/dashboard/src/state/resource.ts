import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Resource<T> {
  data: T | null;
  error: unknown;
  loading: boolean;
  reload(): Promise<void>;
  /** Puts in what a change answered, without asking again. */
  set(data: T): void;
}

/** Loads when `keys` change; an answer that comes after a newer question was asked is left aside. */
export function useResource<T>(load: () => Promise<T>, keys: readonly unknown[]): Resource<T> {
  const [state, setState] = useState<{ data: T | null; error: unknown; loading: boolean }>({
    data: null,
    error: null,
    loading: true,
  });
  const asked = useRef(0);
  const loader = useRef(load);
  loader.current = load;

  const reload = useCallback(async () => {
    asked.current += 1;
    const mine = asked.current;
    setState((held) => ({ ...held, loading: true }));
    try {
      const data = await loader.current();
      if (mine === asked.current) setState({ data, error: null, loading: false });
    } catch (error) {
      if (mine === asked.current) setState((held) => ({ ...held, error, loading: false }));
    }
  }, []);

  useEffect(() => {
    reload();
    return () => {
      asked.current += 1;
    };
  }, [reload, ...keys]);

  return { ...state, reload, set: (data) => setState({ data, error: null, loading: false }) };
}

/** Runs one change at a time; `busy` while it is under way, `error` what it failed with. */
export function useAction<Args extends unknown[]>(run: (...args: Args) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);

  const start = async (...args: Args) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await run(...args);
    } catch (failure) {
      if (mounted.current) setError(failure);
    } finally {
      if (mounted.current) setBusy(false);
    }
  };
  return { start, busy, error, clear: () => setError(null) };
}

/** The value once it has rested: a search asks when the typing pauses. */
export function useDelayed<T>(value: T, ms = 250): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}
