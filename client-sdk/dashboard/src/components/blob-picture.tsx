import { ImageOff } from 'lucide';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface BlobPictureProps {
  /** Fetches the picture as the signed-in user, so an `img` with an address will not do. */
  load: () => Promise<Blob>;
  /** Loads again when this changes. */
  of: string;
  label: string;
  missing: string;
}

/** A picture behind the sign-in, painted on a canvas: no blob: address that a content policy would have to allow. */
export function BlobPicture({ load, of, label, missing }: BlobPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<'loading' | 'shown' | 'missing'>('loading');
  const loader = useRef(load);
  loader.current = load;

  useEffect(() => {
    let dropped = false;
    setState('loading');
    loader
      .current()
      .then((blob) => createImageBitmap(blob))
      .then((bitmap) => {
        const target = canvas.current;
        if (!dropped && target) {
          target.width = bitmap.width;
          target.height = bitmap.height;
          target.getContext('2d')?.drawImage(bitmap, 0, 0);
          setState('shown');
        }
        bitmap.close();
      })
      .catch(() => {
        if (!dropped) setState('missing');
      });
    return () => {
      dropped = true;
    };
  }, [of]);

  return (
    <div class="picture">
      <canvas
        ref={canvas}
        role="img"
        aria-label={state === 'missing' ? missing : label}
        hidden={state !== 'shown'}
      />
      {state === 'loading' && <span class="spinner" />}
      {state === 'missing' && <Icon of={ImageOff} size={24} />}
    </div>
  );
}
