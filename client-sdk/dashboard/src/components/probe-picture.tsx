import type { Probe } from '../../../src/index.ts';
import { number } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { BlobPicture } from './blob-picture.tsx';

/** "H264, 1920 × 1080, 25 pictures a second" */
export function probeText({ codec, width, height, fps }: Probe): string {
  const size = t('cameras.probeOk', { codec: codec.toUpperCase(), width, height });
  return fps ? `${size}, ${t('cameras.probeFps', { fps: number(Math.round(fps * 10) / 10) })}` : size;
}

/** The frame that came with a trial. */
export function ProbePicture({ probe, name }: { probe: Probe; name: string }) {
  return (
    <BlobPicture
      of={probe.snapshot}
      load={async () => pictureOf(probe.snapshot)}
      label={t('cameras.snapshotOf', { name })}
      missing={t('cameras.noSnapshot')}
    />
  );
}

/** A picture that came inside an answer. */
export function pictureOf(text: string): Blob {
  return new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: 'image/jpeg' });
}
