/** Stable codes of everything that can be wrong with a model pack. */
export type ModelErrorCode =
  | 'model-pack-unknown'
  | 'model-manifest-invalid'
  | 'model-missing'
  | 'model-truncated'
  | 'model-tampered'
  | 'model-source-mismatch'
  | 'model-download-failed'
  | 'model-conversion-failed'
  | 'model-write-failed'
  | 'model-unusable';

/** A model pack cannot be used; the message says which file and what to do about it. */
export class ModelError extends Error {
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ModelError';
    this.code = code;
  }
}

export type PhotoErrorCode = 'not-a-photo' | 'photo-too-large';

/** Bytes that somebody handed in as a photo cannot be used as one. */
export class PhotoError extends Error {
  readonly code: PhotoErrorCode;

  constructor(code: PhotoErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PhotoError';
    this.code = code;
  }
}
