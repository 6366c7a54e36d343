import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import yauzl from 'yauzl';

/** The files of a zip, by name. */
export function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    const files = new Map<string, Buffer>();
    yauzl.fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      zip.on('entry', (entry: yauzl.Entry) => {
        zip.openReadStream(entry, (problem, stream) => {
          if (problem) return reject(problem);
          const parts: Buffer[] = [];
          stream.on('data', (part: Buffer) => parts.push(part));
          stream.on('end', () => {
            files.set(entry.fileName, Buffer.concat(parts));
            zip.readEntry();
          });
        });
      });
      zip.on('end', () => resolve(files));
      zip.readEntry();
    });
  });
}

/** What can be read in a file of any kind that the server makes, by its parts: a zip's entries, a PDF's pages. */
export async function readContents(bytes: Buffer): Promise<[part: string, text: string][]> {
  const magic = bytes.toString('latin1', 0, 4);
  if (magic === 'PK\u0003\u0004') {
    const files = await unzip(bytes);
    return [...files].map(([name, content]) => [name, content.toString('utf8')]);
  }
  if (magic !== '%PDF') return [['', bytes.toString('utf8')]];
  const pdf = await getDocument({ data: Uint8Array.from(bytes), useSystemFonts: false }).promise;
  const pages: [string, string][] = [];
  for (let number = 1; number <= pdf.numPages; number++) {
    const { items } = await (await pdf.getPage(number)).getTextContent();
    pages.push([`page ${number}`, items.map((item) => ('str' in item ? item.str : '')).join(' ')]);
  }
  return pages;
}
