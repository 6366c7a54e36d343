/** The ffmpeg that was found. */
export interface FfmpegBinary {
  path: string;
  version: string;
  /** For the administrator, e.g. that the bundled build is old; null when all is well. */
  warning: string | null;
}
