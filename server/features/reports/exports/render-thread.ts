import { parentPort } from 'node:worker_threads';
import { createCsvWriter } from './csv.ts';
import type { FileWriter } from './document.ts';
import type { FromRenderer, ToRenderer } from './render.ts';

/** The thread that makes files: exceljs and pdfkit compute for seconds and must not hold up the API meanwhile. */
const port = parentPort!;
const say = (message: FromRenderer, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
const writers = new Map<number, Promise<FileWriter>>();

async function open(message: Extract<ToRenderer, { type: 'open' }>): Promise<FileWriter> {
  const { format, document, words, section } = message;
  if (format === 'csv') return createCsvWriter(document, section);
  // Each is large: loaded when it is asked for.
  if (format === 'excel') return (await import('./excel.ts')).createExcelWriter(document, words);
  return (await import('./pdf.ts')).createPdfWriter(document, words);
}

port.on('message', (message: ToRenderer) => {
  void handle(message).catch((error: unknown) => {
    writers.delete(message.id);
    say({ type: 'failed', id: message.id, error: error instanceof Error ? error.message : String(error) });
  });
});

async function handle(message: ToRenderer): Promise<void> {
  const { id } = message;
  if (message.type === 'open') {
    const opening = open(message);
    writers.set(id, opening);
    await opening;
    say({ type: 'taken', id });
    return;
  }
  const writer = await writers.get(id);
  if (!writer) return;
  if (message.type === 'rows') {
    await writer.add(message.rows);
    say({ type: 'taken', id });
  } else if (message.type === 'end') {
    writers.delete(id);
    const bytes = Uint8Array.from(await writer.end());
    say({ type: 'done', id, bytes }, [bytes.buffer]);
  } else writers.delete(id);
}
