import { describe, expect, it } from 'vitest';
import { occurrences, type WeeklyMeeting } from './timetable.ts';

const meeting = (weekday: number, startsAt: string, endsAt: string, more: Partial<WeeklyMeeting> = {}) => ({
  id: `${weekday} ${startsAt}`,
  weekday,
  startsAt,
  endsAt,
  validFrom: null,
  validUntil: null,
  ...more,
});
const BERLIN = 'Europe/Berlin';
const AUTUMN = '2026-10-25';
const SPRING = '2026-03-29';
const one = (day: string, startsAt: string, endsAt: string) => {
  const [found] = occurrences([meeting(7, startsAt, endsAt)], BERLIN, day, day);
  return {
    startsAt: found!.startsAt.toISOString(),
    endsAt: found!.endsAt.toISOString(),
    minutes: (found!.endsAt.getTime() - found!.startsAt.getTime()) / 60_000,
  };
};

describe('the timetable', () => {
  it('lists weekly meetings in the institution’s own time, within their validity', () => {
    const list = occurrences(
      [
        meeting(1, '09:00', '09:50'),
        meeting(3, '13:00:00', '14:00:00', { validFrom: '2026-11-10', validUntil: '2026-11-18' }),
      ],
      'Europe/Istanbul',
      '2026-11-02',
      '2026-11-30',
    );
    expect(list.map(({ day, startsAt }) => [day, startsAt.toISOString()])).toEqual([
      ['2026-11-02', '2026-11-02T06:00:00.000Z'],
      ['2026-11-09', '2026-11-09T06:00:00.000Z'],
      ['2026-11-11', '2026-11-11T10:00:00.000Z'],
      ['2026-11-16', '2026-11-16T06:00:00.000Z'],
      ['2026-11-18', '2026-11-18T10:00:00.000Z'],
      ['2026-11-23', '2026-11-23T06:00:00.000Z'],
      ['2026-11-30', '2026-11-30T06:00:00.000Z'],
    ]);
  });

  it('keeps nine o’clock nine o’clock over the change of the clocks', () => {
    const list = occurrences([meeting(1, '09:00', '10:00')], BERLIN, '2026-10-19', '2026-10-26');
    expect(list.map(({ startsAt }) => startsAt.toISOString())).toEqual([
      '2026-10-19T07:00:00.000Z',
      '2026-10-26T08:00:00.000Z',
    ]);
  });

  it('is an hour longer over the change in autumn and an hour shorter in spring', () => {
    expect(one(AUTUMN, '01:30', '03:30')).toMatchObject({
      minutes: 180,
      startsAt: '2026-10-24T23:30:00.000Z',
    });
    expect(one(SPRING, '01:30', '03:30')).toMatchObject({
      minutes: 60,
      startsAt: '2026-03-29T00:30:00.000Z',
    });
  });

  it('takes the first of two equal wall times, and the first end after it', () => {
    expect(one(AUTUMN, '02:15', '02:45')).toEqual({
      startsAt: '2026-10-25T00:15:00.000Z',
      endsAt: '2026-10-25T00:45:00.000Z',
      minutes: 30,
    });
  });

  it('moves a wall time that does not exist and keeps the planned length', () => {
    expect(one(SPRING, '02:30', '03:30')).toEqual({
      startsAt: '2026-03-29T01:30:00.000Z',
      endsAt: '2026-03-29T02:30:00.000Z',
      minutes: 60,
    });
    expect(one(SPRING, '01:30', '02:30')).toMatchObject({
      startsAt: '2026-03-29T00:30:00.000Z',
      minutes: 60,
    });
  });
});
