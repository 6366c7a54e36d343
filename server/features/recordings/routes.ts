import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import {
  Recording,
  RecordingList,
  RecordingQuery,
  RecordingState,
  RecordingSwitch,
  SegmentParams,
  Timeline,
} from './schemas.ts';
import {
  deleteRecording,
  getRecording,
  keyOf,
  listRecordings,
  playlistOf,
  segmentOf,
  switchRecording,
  timelineOf,
} from './service.ts';

const tags = ['recordings'];
const Bytes = (description: string) =>
  Type.Unsafe<unknown>({ type: 'string', format: 'binary', description });
const Playlist = Type.Unsafe<string>({ type: 'string', description: 'HLS, RFC 8216.' });
const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

export async function recordingRoutes(app: App, context: AppContext): Promise<void> {
  app.put(
    '/sessions/:id/recording',
    {
      schema: {
        tags,
        summary: 'Switch the recording of a session on or off',
        description:
          'Off unless somebody switches it on, and only where the policy and the institution’s settings allow it. ' +
          'Everybody who is shown the session is shown that it is recorded. Students’ own cameras are never recorded.',
        params: IdParams,
        body: RecordingSwitch,
        response: {
          200: RecordingState,
          ...failures('session-not-found', 'session-closed', 'recording-prohibited', 'recording-off'),
        },
      },
    },
    ({ caller, params, body }) => switchRecording(context, caller, params.id, body.on),
  );

  app.get(
    '/recordings',
    {
      schema: {
        tags,
        summary: 'Recordings',
        description: 'The newest first. Teachers see those of their own courses.',
        querystring: RecordingQuery,
        response: { 200: RecordingList },
      },
    },
    async ({ caller, query }) => {
      const { skip, limit } = query;
      return { ...(await listRecordings(context, caller, query)), skip, limit };
    },
  );

  app.get(
    '/recordings/:id',
    {
      schema: {
        tags,
        summary: 'A recording',
        description: 'What it is of, how long and how large it is, and until when it is kept.',
        params: IdParams,
        response: { 200: Recording, ...failures('recording-not-found') },
      },
    },
    ({ caller, params }) => getRecording(context, caller, params.id),
  );

  app.get(
    '/recordings/:id/timeline',
    {
      schema: {
        tags,
        summary: 'Who was marked when in a recording',
        description: 'The decisions of its session by where they are in it, and where it has breaks.',
        params: IdParams,
        response: { 200: Timeline, ...failures('recording-not-found') },
      },
    },
    ({ caller, params }) => timelineOf(context, caller, params.id),
  );

  app.get(
    '/recordings/:id/playlist.m3u8',
    {
      schema: {
        tags,
        summary: 'The playlist of a recording',
        description:
          'For a player of HLS, which has to send the token with each request. It grows while it is being recorded.',
        params: IdParams,
        produces: [PLAYLIST_TYPE],
        response: { 200: Playlist, ...failures('recording-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      const playlist = await playlistOf(context, caller, params.id);
      return reply.header('cache-control', 'private, no-store').type(PLAYLIST_TYPE).send(playlist);
    },
  );

  app.get(
    '/recordings/:id/key',
    {
      // Without it nothing can be seen: who has asked for it has seen the recording.
      config: { audit: 'recording' },
      schema: {
        tags,
        summary: 'The key of a recording',
        description: 'AES-128, 16 bytes. Each answer is a view that the audit log keeps.',
        params: IdParams,
        produces: ['application/octet-stream'],
        response: { 200: Bytes('The key.'), ...failures('recording-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      const key = await keyOf(context, caller, params.id);
      return reply.header('cache-control', 'private, no-store').type('application/octet-stream').send(key);
    },
  );

  app.get(
    '/recordings/:id/segments/:segment',
    {
      schema: {
        tags,
        summary: 'A few seconds of a recording',
        description: 'MPEG-TS with H.264, encrypted: AES-128-CBC, the IV is the number of the segment.',
        params: SegmentParams,
        produces: ['video/mp2t'],
        response: { 200: Bytes('Encrypted.'), ...failures('recording-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      const seq = Number.parseInt(params.segment, 10);
      const { stream, bytes } = await segmentOf(context, caller, params.id, seq);
      return reply
        .header('cache-control', 'private, no-store')
        .header('content-length', bytes)
        .type('video/mp2t')
        .send(stream);
    },
  );

  app.delete(
    '/recordings/:id',
    {
      schema: {
        tags,
        summary: 'Remove a recording',
        description: 'Its key at once and for good, its files right after.',
        params: IdParams,
        response: { 204: NoContent, ...failures('recording-not-found', 'recording-running') },
      },
    },
    async ({ caller, params }, reply) => {
      await deleteRecording(context, caller, params.id);
      return reply.code(204).send(null);
    },
  );
}
