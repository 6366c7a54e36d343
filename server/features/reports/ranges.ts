/** Days that a report is about where nothing else was asked for: a month for lists, a semester for one course or person. */
export const MONTH = 30;
export const SEMESTER = 180;
