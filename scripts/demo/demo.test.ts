import { describe, expect, test } from 'vitest';
import { createNameCounter, judge } from './judge.ts';
import { type Canvas, drawHead } from './paint.ts';
import { PEOPLE } from './people.ts';
import type { DemoClassroom, DemoTruth } from './render.ts';
import { placementAt, SCENE, seatPeople } from './scene.ts';
import type { Watched } from './watch.ts';

describe('the scene', () => {
  const actors = seatPeople();

  test('seats everybody but the absent, once', () => {
    const seated = actors.map(({ person }) => person);
    expect(new Set(seated).size).toBe(seated.length);
    expect(PEOPLE.filter((person) => !seated.includes(person)).map(({ role }) => role)).toEqual(['absent']);
  });

  test('keeps faces apart and in the picture while people sit', () => {
    for (let atS = 0; atS < SCENE.seconds; atS += 5) {
      const places = actors.flatMap((actor) => {
        const place = placementAt(actor, atS);
        return place ? [{ ...place, facePx: actor.facePx }] : [];
      });
      for (const [i, a] of places.entries()) {
        expect(a.x - a.facePx).toBeGreaterThan(0);
        expect(a.x + a.facePx).toBeLessThan(SCENE.width);
        expect(a.y + a.facePx).toBeLessThan(SCENE.height);
        for (const b of places.slice(i + 1)) {
          expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan((a.facePx + b.facePx) * 0.6);
        }
      }
    }
  });

  test('lets one come late and one leave, from outside of the picture to the seat', () => {
    const late = actors.find(({ person }) => person.role === 'late')!;
    expect(placementAt(late, late.enterS - 0.01)).toBeNull();
    expect(placementAt(late, late.enterS)!.x).toBeLessThan(0);
    expect(Math.abs(placementAt(late, late.enterS + 3)!.x - late.seat.x)).toBeLessThan(late.facePx);
    const leaving = actors.find(({ person }) => person.role === 'leaving')!;
    expect(placementAt(leaving, 0)).not.toBeNull();
    expect(placementAt(leaving, leaving.leaveS - 0.01)!.x).toBeGreaterThan(SCENE.width);
    expect(placementAt(leaving, leaving.leaveS)).toBeNull();
  });

  test('turns the head of whoever looks away', () => {
    const away = actors.filter((actor) => actor.looksAway !== null);
    expect(away.length).toBeGreaterThan(1);
    for (const actor of away) {
      expect(Math.abs(placementAt(actor, actor.looksAway!.fromS + 5)!.yaw)).toBeGreaterThan(30);
      expect(Math.abs(placementAt(actor, 5)!.yaw)).toBeLessThan(10);
    }
  });
});

describe('drawHead', () => {
  /** Dark on the left, light on the right, opaque. */
  const sprite = { width: 40, height: 40, data: new Uint8Array(40 * 40 * 4) };
  for (let i = 0; i < 1600; i += 1) sprite.data.set([(i % 40) * 6, 0, 0, 255], i * 4);
  const draw = (yaw: number) => {
    const canvas: Canvas = { width: 60, height: 60, data: new Uint8Array(60 * 60 * 3) };
    drawHead(canvas, sprite, 30, 30, { x: 30, y: 30, yaw, pitch: 0, roll: 0 });
    return (x: number) => canvas.data[(30 * 60 + x) * 3]!;
  };

  test('draws the photo as it is when the head looks straight ahead', () => {
    const at = draw(0);
    for (const x of [15, 30, 45]) expect(Math.abs(at(x) - (x - 10) * 6)).toBeLessThanOrEqual(4);
    expect(at(5)).toBe(0);
  });

  test('moves what is in the middle to the side that the head turns to', () => {
    expect(draw(20)(30)).toBeLessThan(draw(0)(30) - 10);
    expect(draw(-20)(30)).toBeGreaterThan(draw(0)(30) + 10);
  });
});

describe('the verdict', () => {
  const truth: DemoTruth = {
    width: 1280,
    height: 720,
    fps: 25,
    seconds: 45,
    present: ['1'],
    late: ['2'],
    leaving: [],
    absent: ['3'],
    strangers: 1,
    people: {},
    faces: [
      [
        { id: '1', x: 100, y: 100, width: 50, height: 60 },
        { id: null, x: 500, y: 100, width: 50, height: 60 },
      ],
    ],
  };
  const roster = ['1', '2', '3'].map((id) => ({ id, name: `Student ${id}`, photos: [] }));
  const classroom: DemoClassroom = { video: '', roster, truth };
  const studentIds = new Map([
    ['1', 'a'],
    ['2', 'b'],
    ['3', 'c'],
  ]);
  const metrics = { class: { attention: 0.9 } } as unknown as Watched['metrics'];
  const seen: Watched = {
    students: [],
    metrics,
    metricsReceived: 40,
    markedAtMs: new Map([
      ['a', 2100],
      ['b', 17_000],
    ]),
    latenciesMs: [50, 60, 400],
    faces: null,
    framesReceived: 200,
    streamState: 'live',
    reviews: 0,
  };
  const right = new Map([
    ['a', 'present'],
    ['b', 'late'],
    ['c', 'absent'],
  ]);
  const given = {
    classroom,
    studentIds,
    seen,
    final: right,
    names: { strangerSeen: 100, strangerNamed: 0, misnamed: 0 },
    openedAtMs: 0,
    seconds: 40,
    dropped: 0,
    cores: 0.3,
  };

  test('is good where all is right', () => {
    const summary = judge(given);
    expect(summary.problems).toEqual([]);
    expect(summary.ok).toBe(true);
    expect(summary.students).toMatchObject({
      expected: 2,
      marked: 2,
      late: 1,
      absent: 1,
      allMarkedAfterS: 2.1,
    });
    expect(summary.latencyMs).toEqual({ p50: 60, p95: 400, frames: 3 });
  });

  test.each([
    [
      'a student is missed',
      { final: new Map([...right, ['a', 'absent']]) },
      'should be present and is absent',
    ],
    [
      'the absent one is marked',
      { final: new Map([...right, ['c', 'present']]) },
      'should be absent and is present',
    ],
    ['the late one is on time', { final: new Map([...right, ['b', 'present']]) }, 'should be late'],
    ['a stranger gets a name', { names: { ...given.names, strangerNamed: 1 } }, 'a stranger bore a name'],
    ['the stranger is not there', { names: { ...given.names, strangerSeen: 0 } }, 'never seen'],
    ['names are swapped', { names: { ...given.names, misnamed: 2 } }, 'another’s name'],
    ['metrics do not come', { seen: { ...seen, metricsReceived: 3 } }, 'engagement messages'],
    ['frames do not come', { seen: { ...seen, framesReceived: 0 } }, 'no frame'],
    ['frames come too late', { seen: { ...seen, latenciesMs: [3000] } }, 'to the dashboard'],
    ['most frames are dropped', { dropped: 500 }, 'dropped'],
  ])('is bad where %s', (_title, change, words) => {
    const summary = judge({ ...given, ...change });
    expect(summary.ok).toBe(false);
    expect(summary.problems.join('\n')).toContain(words);
  });

  test('counts names by where people sit', () => {
    const counter = createNameCounter(truth, studentIds);
    const face = (x: number, state: 'sure' | 'unknown' | 'review', studentId: string | null) => ({
      ...{ trackId: 1, score: 1, name: null, confidence: 1, attentive: null },
      box: [x, 100, 50, 60],
      state,
      studentId,
    });
    counter.count({ faces: [face(102, 'sure', 'a'), face(498, 'unknown', null)] });
    expect(counter.counts).toEqual({ strangerSeen: 1, strangerNamed: 0, misnamed: 0 });
    counter.count({ faces: [face(102, 'sure', 'b'), face(498, 'sure', 'a'), face(900, 'sure', 'c')] });
    expect(counter.counts).toEqual({ strangerSeen: 2, strangerNamed: 1, misnamed: 1 });
    counter.count({ faces: [face(498, 'review', 'a')] });
    expect(counter.counts).toEqual({ strangerSeen: 3, strangerNamed: 1, misnamed: 1 });
  });
});
