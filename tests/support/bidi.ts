import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What a page of any browser can do that tests put scripts into. */
export interface ScriptPage {
  goto(url: string): Promise<unknown>;
  /** The value of the last statement, awaited. */
  evaluate(script: string): Promise<unknown>;
  close(): Promise<void>;
}

/** A browser spoken to by WebDriver BiDi: as much of it as is needed to run scripts in pages. */
export interface Bidi {
  newPage(): Promise<ScriptPage>;
  /** The browser ends by itself. */
  quit(): Promise<void>;
}

/** As https://w3c.github.io/webdriver-bidi/ has it. */
interface RemoteValue {
  type: string;
  value?: unknown;
}
interface Answer {
  id?: number;
  result?: Record<string, unknown>;
  error?: string;
  message?: string;
}
type Evaluated =
  | { type: 'success'; result: RemoteValue }
  | { type: 'exception'; exceptionDetails: { text: string } };

/** `address` is what the browser says when it listens. */
export async function connectBidi(address: string): Promise<Bidi> {
  const socket = new WebSocket(`${address}/session`);
  await once(socket, 'open');
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let last = 0;
  socket.on('message', (data) => {
    const answer = JSON.parse(data.toString()) as Answer;
    if (answer.id === undefined) return;
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser is gone'));
    waiting.clear();
  });

  async function ask<T>(method: string, params: object = {}): Promise<T> {
    const id = ++last;
    const answer = await new Promise<Answer>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params }));
    });
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error}: ${answer.message}`);
    return answer.result as T;
  }

  await ask('session.new', { capabilities: {} });
  return {
    async newPage() {
      // A window and not a tab: what is behind another is shown no frames.
      const { context } = await ask<{ context: string }>('browsingContext.create', { type: 'window' });
      return {
        goto: (url) => ask('browsingContext.navigate', { context, url, wait: 'complete' }),
        async evaluate(expression) {
          const said = await ask<Evaluated>('script.evaluate', {
            ...{ expression, target: { context }, awaitPromise: true, userActivation: true },
          });
          if (said.type === 'exception') throw new Error(said.exceptionDetails.text);
          return plain(said.result);
        },
        close: () => ask('browsingContext.close', { context }),
      };
    },
    quit: () => ask('browser.close'),
  };
}

/** What JSON has; all else is undefined. */
function plain({ type, value }: RemoteValue): unknown {
  switch (type) {
    case 'null':
      return null;
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      // Those that JSON has not are words.
      return Number(value);
    case 'array':
      return (value as RemoteValue[]).map(plain);
    case 'object':
      return Object.fromEntries(
        (value as [string, RemoteValue][]).map(([key, inner]) => [key, plain(inner)]),
      );
    default:
      return undefined;
  }
}
