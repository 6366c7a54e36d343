/**
 * Who sits where and does what in the demo's classroom. Pure: the same scene for the same people.
 */
import { PEOPLE, type Person } from './people.ts';

export const SCENE = { width: 1280, height: 720, fps: 25, seconds: 45 } as const;

/** The late student is in the door at this second, the leaving one gets up at that. */
const LATE_ENTERS_S = 16;
const LEAVING_LEAVES_S = 31;
/** How long the way between the door and the seat takes. */
const WALK_S = 1.6;

export interface Actor {
  person: Person;
  row: number;
  /** Width of the face in pixels, and the centre of the seated face. */
  facePx: number;
  seat: { x: number; y: number };
  /** Seconds in which any of the face is in the picture. */
  enterS: number;
  leaveS: number;
  /** Degrees of the slow turning to and fro, and of looking away for a while. */
  sway: { phase: number; periodS: number; yaw: number };
  looksAway: { fromS: number; toS: number; yaw: number } | null;
}

export interface Placement {
  x: number;
  y: number;
  /** Degrees: turn to the side, nod, tilt. */
  yaw: number;
  pitch: number;
  roll: number;
}

/** From the back row to the front row: face width, height of the faces in the picture, seats. */
const ROWS = [
  { facePx: 37, y: 205, left: 120, right: 1160 },
  { facePx: 53, y: 345, left: 250, right: 1030 },
  { facePx: 82, y: 528, left: 130, right: 900 },
];

/** The order of seats: the two who walk sit at the edges of the middle row. */
export function seatPeople(people: readonly Person[] = PEOPLE): Actor[] {
  const late = people.filter((person) => person.role === 'late');
  const leaving = people.filter((person) => person.role === 'leaving');
  const seated = people.filter((person) => person.role === 'present' || person.role === 'stranger');
  const back = seated.slice(0, 5);
  const middle = [...late, ...seated.slice(5, 7), ...leaving];
  const front = seated.slice(7, 11);
  return [back, middle, front].flatMap((persons, row) =>
    persons.map((person, i) => actor(person, row, i, persons.length)),
  );
}

function actor(person: Person, row: number, index: number, count: number): Actor {
  const { facePx, y, left, right } = ROWS[row]!;
  const number = row * 5 + index;
  const share = count === 1 ? 0.5 : index / (count - 1);
  return {
    person,
    row,
    facePx: facePx * (1 + 0.06 * wave(number)),
    seat: {
      x: left + (right - left) * share + facePx * 0.2 * wave(number + 0.5),
      y: y + facePx * 0.15 * wave(number * 1.7),
    },
    enterS: person.role === 'late' ? LATE_ENTERS_S : 0,
    leaveS: person.role === 'leaving' ? LEAVING_LEAVES_S + WALK_S : SCENE.seconds,
    sway: { phase: number * 2.4, periodS: 7 + (number % 4) * 1.3, yaw: 5 },
    looksAway:
      person.looksAway === undefined
        ? null
        : { fromS: 20 + number * 0.3, toS: 34 + number * 0.3, yaw: person.looksAway },
  };
}

/** A number in −1…1 that looks random and is not. */
function wave(n: number): number {
  return Math.sin(n * 12.9898 + 4.1414);
}

/** Where a face is at a second of the video; null while the person is out of the room. */
export function placementAt(actor: Actor, atS: number): Placement | null {
  if (atS < actor.enterS || atS >= actor.leaveS) return null;
  const turn = (2 * Math.PI * atS) / actor.sway.periodS + actor.sway.phase;
  const away = actor.looksAway
    ? plateau(atS, actor.looksAway.fromS, actor.looksAway.toS) * actor.looksAway.yaw
    : 0;
  const placement = {
    // a turning head moves its face to the side: the neck stays
    x: actor.seat.x + actor.facePx * (0.1 * Math.sin(turn * 0.7) - 0.4 * Math.sin((away * Math.PI) / 180)),
    y: actor.seat.y + actor.facePx * 0.05 * Math.sin(turn * 1.3 + 1),
    yaw: actor.sway.yaw * Math.sin(turn) + away,
    pitch: 3 * Math.sin(turn * 0.6 + 2),
    roll: 2.5 * Math.sin(turn * 0.45),
  };
  // a loop: what is true at its end must be true at its start, so only walks leave the seat
  if (actor.person.role === 'late') {
    placement.x += (1 - ease((atS - actor.enterS) / WALK_S)) * -(actor.seat.x + actor.facePx * 1.2);
  }
  if (actor.person.role === 'leaving') {
    const gone = ease((atS - (actor.leaveS - WALK_S)) / WALK_S);
    placement.x += gone * (SCENE.width - actor.seat.x + actor.facePx * 1.2);
  }
  return placement;
}

/** 0 to 1, slow at both ends. */
function ease(share: number): number {
  const t = Math.min(1, Math.max(0, share));
  return t * t * (3 - 2 * t);
}

/** 0 outside, 1 inside, a second to get there. */
function plateau(atS: number, fromS: number, toS: number): number {
  return ease(atS - fromS) * ease(toS - atS);
}
