import type { TestServer } from '../support/server.ts';

/** A JSON schema as the document has it. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  examples?: unknown[];
  example?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

export interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Described {
  tags?: string[];
  summary?: string;
  description?: string;
  security?: unknown[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description?: string; content?: Record<string, Media> }>;
}

export interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

export interface Operation extends Described {
  /** `GET /students/{id}` */
  name: string;
  method: string;
  /** `/students/{id}` */
  path: string;
  /** In full, with its prefix. */
  url: string;
  pathParameters: string[];
  query: Parameter[];
  /** Null where it takes none, or no JSON. */
  body: Schema | null;
  /** Of the body. */
  example: unknown;
  multipart: boolean;
}

export async function readDocument(server: TestServer): Promise<Document> {
  return (await (await fetch(`${server.url}/docs/json`)).json()) as Document;
}

export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([verb, described]) => {
      const method = verb.toUpperCase();
      const path = url.replace('/api/v1', '');
      const content = described.requestBody?.content ?? {};
      const json = content['application/json'];
      const parameters = described.parameters ?? [];
      return {
        ...described,
        ...{ name: `${method} ${path}`, method, path, url },
        pathParameters: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!),
        query: parameters.filter((parameter) => parameter.in === 'query'),
        body: json?.schema ? resolve(document, json.schema) : null,
        example: json && exampleOf(json),
        multipart:
          'multipart/form-data' in content || /multipart\/form-data/.test(described.description ?? ''),
      };
    }),
  );
}

/** The schema that a reference names. */
export function resolve(document: Document, schema: Schema): Schema {
  if (!schema.$ref) return schema;
  return document.components.schemas[schema.$ref.split('/').pop()!] ?? {};
}

export function exampleOf({ example, examples }: Media): unknown {
  return structuredClone(example ?? Object.values(examples ?? {})[0]?.value);
}

/** Every value in a body that is an id, by its place: `studentIds.0`. */
export function idsIn(value: unknown, at: string[] = []): string[][] {
  if (typeof value === 'string') return UUID.test(value) ? [at] : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, part]) => idsIn(part, [...at, key]));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A copy with one value put in another's place. */
export function withValue(body: unknown, at: readonly string[], value: unknown): unknown {
  if (at.length === 0) return value;
  const copy = (Array.isArray(body) ? [...body] : { ...(body as object) }) as Record<string, unknown>;
  copy[at[0]!] = withValue(copy[at[0]!], at.slice(1), value);
  return copy;
}
