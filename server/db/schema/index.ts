export * from './courses.ts';
export * from './people.ts';
export * from './sessions.ts';
export * from './tenancy.ts';
