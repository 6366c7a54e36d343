import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

const SESSION = '019ab3f0-1c2d-7a31-9f60-5b1f0a7c1d11';
const WINDOW = '019ab3f0-52aa-7c10-8e43-0c9a5a3be2f7';
const STUDENT = '019ab3ef-77a0-7be2-a1c5-9d0a4a7f6e55';
const CODE = 'AZqz8FKqfBCOQwyaWjvi9wADq83vEjRWeJC6mHZUMhABzQ';

const latitude = Type.Number({ minimum: -90, maximum: 90, description: 'Degrees, WGS 84.' });
const longitude = Type.Number({ minimum: -180, maximum: 180, description: 'Degrees, WGS 84.' });

const QrPlace = Type.Object(
  {
    latitude,
    longitude,
    radiusM: Type.Number({ minimum: 5, maximum: 5000, description: 'Metres round the point.' }),
  },
  { title: 'QrPlace' },
);

export const NewQrSession = Type.Object(
  {
    sessionId: Uuid('An open class session.'),
    minutes: Type.Integer({
      minimum: 1,
      maximum: 240,
      default: 10,
      description: 'How long codes are taken.',
    }),
    rotateSeconds: Type.Integer({
      minimum: 3,
      maximum: 60,
      default: 10,
      description: 'How long one is shown.',
    }),
    place: Type.Optional(
      Type.Union([QrPlace, Type.Literal('room'), Type.Null()], {
        description: 'Where a scan has to happen; `room`: within 50 m of the room of the session.',
      }),
    ),
  },
  {
    title: 'NewQrSession',
    additionalProperties: false,
    examples: [{ sessionId: SESSION, minutes: 10, rotateSeconds: 10, place: 'room' }],
  },
);
export type NewQrSession = Static<typeof NewQrSession>;

export const QrSession = Type.Object(
  {
    id: Uuid('The window.'),
    sessionId: Uuid('The class session.'),
    open: Type.Boolean({ description: 'Whether codes are taken now.' }),
    opensAt: Instant('From when.'),
    closesAt: Instant('Until when; earlier where it was closed, or a newer window replaced it.'),
    rotateSeconds: Type.Integer(),
    place: Nullable(QrPlace),
    accepted: Type.Integer({ description: 'Students marked.' }),
    refused: Type.Integer({ description: 'Attempts refused.' }),
  },
  {
    title: 'QrSession',
    examples: [
      {
        id: WINDOW,
        sessionId: SESSION,
        open: true,
        opensAt: '2026-11-23T06:00:00.000Z',
        closesAt: '2026-11-23T06:10:00.000Z',
        rotateSeconds: 10,
        place: { latitude: 41.0082, longitude: 28.9784, radiusM: 50 },
        accepted: 0,
        refused: 0,
      },
    ],
  },
);
export type QrSession = Static<typeof QrSession>;

export const QrCode = Type.Object(
  {
    qrSessionId: Uuid('The window.'),
    sessionId: Uuid('The class session.'),
    code: Type.String({ description: 'What `POST /qr/scan` takes.' }),
    url: Type.String({ description: 'What the picture says.' }),
    validUntil: Instant('When the next code comes; this one is still taken for one rotation more.'),
    closesAt: Instant('When the window closes.'),
  },
  {
    title: 'LiveQrCode',
    examples: [
      {
        qrSessionId: WINDOW,
        sessionId: SESSION,
        code: CODE,
        url: `https://yoklama.example.edu/scan#${CODE}`,
        validUntil: '2026-11-23T06:00:40.000Z',
        closesAt: '2026-11-23T06:10:00.000Z',
      },
    ],
  },
);
export type QrCode = Static<typeof QrCode>;

export const QrPictureQuery = Type.Object({
  size: Type.Integer({ minimum: 128, maximum: 2048, default: 512, description: 'Pixels of a side.' }),
});

export const Scan = Type.Object(
  {
    code: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'What was read from the screen: the code, or the whole address with it.',
    }),
    deviceId: Type.String({
      minLength: 8,
      maxLength: 200,
      description: 'What the app calls this device, the same every time; only an HMAC of it is kept.',
    }),
    place: Type.Optional(
      Type.Object({
        latitude,
        longitude,
        accuracyM: Type.Number({
          minimum: 0,
          maximum: 100_000,
          description: 'The device’s own error, metres.',
        }),
      }),
    ),
  },
  {
    title: 'QrScan',
    additionalProperties: false,
    examples: [
      {
        code: CODE,
        deviceId: '4f3a6a0e-8e1c-4d5e-9a55-2f6f0b8f7a10',
        place: { latitude: 41.00825, longitude: 28.97836, accuracyM: 12 },
      },
    ],
  },
);
export type Scan = Static<typeof Scan>;

const QrScanEntries = ListOf(
  Type.Object(
    {
      id: Uuid('The attempt.'),
      studentId: Uuid('Who scanned.'),
      studentName: Type.String(),
      studentNumber: Type.String(),
      accepted: Type.Boolean(),
      reason: Nullable(
        Type.String({
          description: 'The code of the error; on an accepted scan: what is suspicious about it.',
        }),
      ),
      sharedDevice: Type.Boolean({
        description: 'Another student’s scan in this session came from this device.',
      }),
      distanceM: Nullable(Type.Number({ description: 'Metres from the place that was asked for.' })),
      address: Nullable(Type.String({ description: 'Network address that the scan came from.' })),
      at: Instant('When.'),
    },
    { title: 'QrScanEntry' },
  ),
  'QrScanList',
);
export const QrScanList = Type.Object(QrScanEntries.properties, {
  title: 'QrScanList',
  examples: [
    {
      total: 1,
      skip: 0,
      limit: 50,
      items: [
        {
          id: '019ab3f0-9d10-7f02-b1aa-4c41e5f0a6d3',
          studentId: STUDENT,
          studentName: 'Ayşe Yılmaz',
          studentNumber: 'S101',
          accepted: true,
          reason: null,
          sharedDevice: false,
          distanceM: 8.4,
          address: '10.4.2.17',
          at: '2026-11-23T06:00:31.512Z',
        },
      ],
    },
  ],
});

export type QrScanList = Static<typeof QrScanList>;

export const QrScanQuery = Type.Object({
  accepted: Type.Optional(Type.Boolean({ description: 'Only these.' })),
  sort: Type.Optional(OneOf(['at', '-at', 'student', '-student'], 'Default: the newest first.')),
  ...PageQuery,
});
export type QrScanQuery = Static<typeof QrScanQuery>;
