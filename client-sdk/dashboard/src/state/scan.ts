import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, type AttendanceRecord, type QrScan } from '../../../src/index.ts';
import { deviceId } from './device.ts';
import { client, user } from './session.ts';

export type ScanState =
  | { step: 'sending' | 'locating' | 'place' }
  /** The device would not say where it is, or does not know. */
  | { step: 'no-place'; denied: boolean }
  | { step: 'done'; record: AttendanceRecord; course: string | null }
  /** `scanAgain`: this code will never be taken; the one on the screen may be. */
  | { step: 'failed'; error: unknown; scanAgain: boolean };

const OVER = new Set(['qr-code-expired', 'qr-code-invalid']);
/** Rooms are small and the position has to be of now. */
const LOCATE: PositionOptions = { enableHighAccuracy: true, timeout: 15_000, maximumAge: 10_000 };

/** Sends a scan at once; only where the class asks for the place, and the student agrees, is it found out. */
export function useScan(code: string) {
  const [state, setState] = useState<ScanState>({ step: 'sending' });
  const current = useRef(code);
  current.current = code;

  const send = useCallback(
    async (place?: QrScan['place']) => {
      setState({ step: 'sending' });
      const next = await attempt(code, place);
      if (current.current === code) setState(next);
    },
    [code],
  );
  useEffect(() => {
    send();
  }, [send]);

  const sharePlace = async () => {
    setState({ step: 'locating' });
    const found = await locate();
    if (found.place) send(found.place);
    else setState({ step: 'no-place', denied: found.denied });
  };
  return { state, retry: () => void send(), sharePlace: () => void sharePlace() };
}

async function attempt(code: string, place: QrScan['place']): Promise<ScanState> {
  try {
    const record = await client.scan({ code, deviceId: deviceId(), ...(place ? { place } : {}) });
    return { step: 'done', record, course: await courseOf(record) };
  } catch (error) {
    const refusal = error instanceof ApiError ? error.code : '';
    if (refusal === 'qr-place-required') return { step: 'place' };
    return { step: 'failed', error, scanAgain: OVER.has(refusal) };
  }
}

/** The record does not name its course; the newest marks do. */
async function courseOf(record: AttendanceRecord): Promise<string | null> {
  const id = user.peek()?.studentId;
  if (!id) return null;
  const marks = await client.students.attendance(id, { limit: 5 }).catch(() => null);
  return marks?.items.find(({ recordId }) => recordId === record.id)?.course.name ?? null;
}

type Located = { place: NonNullable<QrScan['place']> } | { place: null; denied: boolean };

function locate(): Promise<Located> {
  return new Promise((resolve) => {
    // Browsers answer on https and localhost only.
    if (!('geolocation' in navigator)) return resolve({ place: null, denied: false });
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          place: {
            latitude: coords.latitude,
            longitude: coords.longitude,
            accuracyM: Math.min(coords.accuracy, 100_000),
          },
        }),
      (error) => resolve({ place: null, denied: error.code === error.PERMISSION_DENIED }),
      LOCATE,
    );
  });
}
