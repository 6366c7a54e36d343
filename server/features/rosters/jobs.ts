export const CHECK_JOB = 'roster-check';
export const APPLY_JOB = 'roster-apply';
