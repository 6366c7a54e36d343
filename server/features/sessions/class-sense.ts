/** Whether what a camera sees is a class: enough faces for long enough. */
export interface ClassSense {
  /** A frame of one camera. True from when it is a class. */
  saw(cameraId: string, faces: number, atMs: number): boolean;
}

/** A frame or two with fewer faces, heads down or somebody in the way, does not begin it anew. */
const LAPSE_MS = 3000;

export function createClassSense(rule: { faces: number; seconds: number }): ClassSense {
  const since = new Map<string, { first: number; last: number }>();
  return {
    saw(cameraId, faces, atMs) {
      const held = since.get(cameraId);
      const lapsed = held !== undefined && atMs - held.last > LAPSE_MS;
      if (faces < rule.faces) {
        if (lapsed) since.delete(cameraId);
        return false;
      }
      const first = held && !lapsed ? held.first : atMs;
      since.set(cameraId, { first, last: atMs });
      return atMs - first >= rule.seconds * 1000;
    },
  };
}
