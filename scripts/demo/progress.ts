import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  update(done: number, of: number): void;
  end(): void;
}

/** A bar on a terminal; one line at the start elsewhere. Nothing at all where nothing is to be done. */
export function createProgress(title: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  let bar: SingleBar | null = null;
  let begun = false;
  return {
    update(done, of) {
      if (!begun && !stream.isTTY) stream.write(`${title}\n`);
      if (!begun && stream.isTTY) {
        bar = new SingleBar(
          { format: `  {bar} {percentage}%  ${title}`, stream, hideCursor: true, clearOnComplete: true },
          Presets.shades_classic,
        );
        bar.start(of, 0);
      }
      begun = true;
      bar?.update(done);
    },
    end() {
      bar?.stop();
      bar = null;
    },
  };
}
