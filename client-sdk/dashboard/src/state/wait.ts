import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../../src/index.ts';

/** Seconds until a refusal for too many attempts has passed, counted down; 0 where there is nothing to wait for. */
export function useWait(error: unknown): number {
  const [until, setUntil] = useState(0);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!(error instanceof ApiError) || error.code !== 'rate-limited' || !error.retryAfterSeconds) return;
    setNow(Date.now());
    setUntil(Date.now() + error.retryAfterSeconds * 1000);
  }, [error]);
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => setNow(Date.now()), 1_000);
    return () => clearTimeout(timer);
  }, [left, now]);
  return left;
}
