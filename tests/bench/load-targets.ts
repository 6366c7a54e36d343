import type { Api } from '../support/server.ts';
import { LOAD_NOW } from './load-seed.ts';

export interface Target {
  name: string;
  /** Addresses under /api/v1 that are asked for in turn: different courses, students, pages, days. */
  paths: string[];
}

/** What a caller can ask for: lists, statistics, reports. */
export async function targetsOf(api: Api): Promise<Target[]> {
  const ids = async (path: string, key = 'id') => {
    const { body, status } = await api.get<{ items: Record<string, string>[] }>(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    return body.items.map((item) => String(item[key]));
  };
  const courses = await ids('/courses?limit=100');
  const students = await ids('/students?limit=100');
  const teachers = await ids('/teachers?limit=80');
  const sessions = await ids('/sessions?limit=100');
  const each = (list: string[], path: (id: string) => string) => list.map(path);
  const pages = (path: string, pageSize = 50, count = 40) =>
    Array.from(
      { length: count },
      (_, at) => `${path}${path.includes('?') ? '&' : '?'}skip=${at * pageSize}&limit=${pageSize}`,
    );
  const days = Array.from({ length: 80 }, (_, at) =>
    new Date(LOAD_NOW - (at + 1) * 86_400_000).toISOString().slice(0, 10),
  );
  const today = new Date(LOAD_NOW).toISOString().slice(0, 10);
  const words = ['ay', 'yılmaz', 'S1001', 'Өмүр', 'toktogulov', 'kaya', 'çelik', 'zeynep 1', '33', 'асан'];
  return [
    { name: 'students, by name', paths: pages('/students') },
    {
      name: 'students, searched',
      paths: each(words, (word) => `/students?search=${encodeURIComponent(word)}`),
    },
    { name: 'students of a course', paths: each(courses, (id) => `/courses/${id}/enrolments`) },
    { name: 'one student', paths: each(students, (id) => `/students/${id}`) },
    { name: 'teachers', paths: pages('/teachers', 20, 4) },
    { name: 'courses', paths: pages('/courses', 50, 10) },
    { name: 'sessions, newest first', paths: pages('/sessions', 50, 20) },
    { name: 'sessions of a course', paths: each(courses, (id) => `/sessions?courseId=${id}`) },
    { name: 'records of a session', paths: each(sessions, (id) => `/sessions/${id}/attendance`) },
    { name: 'attendance of a course', paths: each(courses, (id) => `/attendance/course/${id}`) },
    { name: 'attendance of a student', paths: each(students, (id) => `/attendance/student/${id}`) },
    {
      name: 'attendance stats',
      paths: days.slice(0, 40).map((day) => `/attendance/stats?from=${day}&to=${today}`),
    },
    {
      name: 'attendance stats of a course',
      paths: each(courses, (id) => `/attendance/stats?from=${days.at(-1)}&to=${today}&courseId=${id}`),
    },
    { name: 'ledger', paths: pages('/events', 50, 20) },
    { name: 'ledger of a student', paths: each(students, (id) => `/events?studentId=${id}`) },
    { name: 'review queue', paths: pages('/attendance/review', 50, 5) },
    { name: 'notifications', paths: pages('/notifications', 50, 20) },
    { name: 'audit log', paths: pages('/audit', 50, 20) },
    { name: 'report: daily', paths: days.map((day) => `/reports/attendance/daily?day=${day}`) },
    { name: 'report: weekly', paths: days.map((day) => `/reports/attendance/weekly?day=${day}`) },
    { name: 'report: monthly', paths: days.map((day) => `/reports/attendance/monthly?day=${day}`) },
    {
      name: 'report: by course',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/courses?until=${day}`),
    },
    {
      name: 'report: by student',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/students?until=${day}`),
    },
    {
      name: 'report: by student, ranked',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/students?until=${day}&sort=rate`),
    },
    {
      name: 'report: by teacher',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/teachers?until=${day}`),
    },
    {
      name: 'report: by department',
      paths: days.slice(0, 40).map((day) => `/reports/attendance/departments?until=${day}`),
    },
    { name: 'report: one course', paths: each(courses, (id) => `/reports/attendance/courses/${id}`) },
    { name: 'report: one student', paths: each(students, (id) => `/reports/attendance/students/${id}`) },
    { name: 'report: one teacher', paths: each(teachers, (id) => `/reports/attendance/teachers/${id}`) },
    {
      name: 'report: one department',
      paths: Array.from(
        { length: 12 },
        (_, at) => `/reports/attendance/departments/${encodeURIComponent(`Bölüm ${at}`)}`,
      ),
    },
    { name: 'report: absences', paths: pages('/reports/absences', 50, 40) },
    {
      name: 'report: absences, warnings',
      paths: pages('/reports/absences?warningsOnly=true&sort=streak', 50, 40),
    },
    { name: 'report: accuracy', paths: days.slice(0, 40).map((day) => `/reports/accuracy?until=${day}`) },
    {
      name: 'report: engagement of a course',
      paths: each(courses, (id) => `/reports/engagement/course/${id}`),
    },
    { name: 'exports that were asked for', paths: ['/reports/exports'] },
  ];
}
