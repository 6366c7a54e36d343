import type { Names } from './class-photo.ts';

const STORED_AT = 'yoklama.class-photo';

interface Kept {
  photoId: string;
  names: [faceId: string, studentId: string][];
}

/** Names that have not been enrolled outlive a reload of the tab: ids only, and of the latest photo alone. */
export function keepNames(photoId: string, names: Names): void {
  const kept: Kept = { photoId, names: [...names] };
  if (names.size > 0) sessionStorage.setItem(STORED_AT, JSON.stringify(kept));
  else sessionStorage.removeItem(STORED_AT);
}

/** Those of them whose face and student are still there. */
export function keptNames(
  photoId: string,
  faces: readonly { id: string }[],
  students: ReadonlyMap<string, unknown>,
): Names {
  const kept = read();
  if (kept?.photoId !== photoId) return new Map();
  const left = new Set(faces.map(({ id }) => id));
  return new Map(kept.names.filter(([faceId, studentId]) => left.has(faceId) && students.has(studentId)));
}

function read(): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORED_AT) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}
