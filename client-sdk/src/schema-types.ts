import type { components, paths } from '../generated/api.d.ts';

/** The server's own description, of which all shapes are taken. */
export type Schemas = components['schemas'];

/** What a list may be asked for. */
export type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } }
  ? Partial<NonNullable<Q>>
  : never;

/** What an operation is sent, for bodies without a name of their own. */
export type Body<Operation> = Operation extends {
  requestBody: { content: { 'application/json': infer B } };
}
  ? B
  : never;
