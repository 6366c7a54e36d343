import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classPhoto, facesAvailable, loadPeople, type PhotoPerson } from './support/class-photo.ts';
import { startTestServer, type TestServer } from './support/server.ts';

if (!facesAvailable) console.warn('class photo: left out, ../shared/data/faces is not here');

describe.skipIf(!facesAvailable)('a photo of a class, with the real models', () => {
  let server: TestServer;
  let people: PhotoPerson[];
  beforeAll(async () => {
    people = await loadPeople(8, 6);
    server = await startTestServer({ pipeline: true, students: 0 });
  }, 180_000);
  afterAll(() => server?.close());

  it('gives every face from left to right, with what keeps it from being a template', async () => {
    const photo = await classPhoto(people.map(({ photos }) => photos[0]!));
    const { supervisor } = server.context;
    const result = await supervisor.photoFaces(photo, { pictureWidth: 800 });
    if (!result.ok) throw new Error(result.message);
    expect([result.faces.length, result.found]).toEqual([people.length, people.length]);
    const centres = result.faces.map(({ box }) => box[0] + box[2] / 2);
    expect([...centres].sort((a, b) => a - b)).toEqual(centres);
    for (const face of result.faces) {
      expect(face.problem).toBeNull();
      expect(face.quality).toBeGreaterThan(0.3);
      expect(face.facePx).toBeGreaterThan(80);
      expect(Math.hypot(...face.embedding)).toBeCloseTo(1, 3);
      expect((await sharp(Buffer.from(face.thumbnail)).metadata()).format).toBe('jpeg');
    }
    expect((await sharp(Buffer.from(result.picture!)).metadata()).width).toBe(800);
    const fewer = await supervisor.photoFaces(photo, { maxFaces: 2 });
    expect(fewer).toMatchObject({ ok: true, found: people.length, picture: null });
    expect(fewer.ok && fewer.faces.length).toBe(2);
    const small = await supervisor.photoFaces(
      await classPhoto(
        people.map(({ photos }) => photos[0]!),
        36,
      ),
    );
    if (!small.ok) throw new Error(small.message);
    expect(small.faces.length).toBeGreaterThan(0);
    expect(small.faces.every(({ problem }) => problem === 'face-too-small')).toBe(true);
  });

  it('refuses what is no photo, and a small file that describes a huge one', async () => {
    const { supervisor } = server.context;
    expect(await supervisor.photoFaces(Buffer.from('no photo'))).toMatchObject({ code: 'not-a-photo' });
    const bomb = await sharp({
      create: { width: 12_000, height: 9_000, channels: 3, background: '#777' },
      limitInputPixels: false,
    })
      .png()
      .toBuffer();
    expect(bomb.length).toBeLessThan(2e6);
    expect(await supervisor.photoFaces(bomb)).toMatchObject({ code: 'photo-too-large' });
    const empty = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#345' } })
      .jpeg()
      .toBuffer();
    expect(await supervisor.photoFaces(empty)).toMatchObject({ ok: true, faces: [], found: 0 });
  });
});
