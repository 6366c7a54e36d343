import { type Http, unwrap } from './http.ts';
import type * as api from './institution-types.ts';

/** Days without classes, as `YYYY-MM-DD` of the institution's own time zone; the schedule opens no session on them. */
export function holidayCalls(http: Http) {
  const of = (id: string) => ({ params: { path: { id } } });
  return {
    /** In their order; `from` and `until` are included. */
    list: (query: api.HolidayQuery = {}) => unwrap(http.GET('/api/v1/holidays', { params: { query } })),
    /** `holiday-taken`: that day is one already. */
    create: (body: api.NewHoliday) => unwrap(http.POST('/api/v1/holidays', { body })),
    update: (id: string, body: api.HolidayPatch) =>
      unwrap(http.PATCH('/api/v1/holidays/{id}', { ...of(id), body })),
    remove: (id: string) => unwrap(http.DELETE('/api/v1/holidays/{id}', of(id))),
  };
}
