export * from './access.ts';
export * from './cluster.ts';
export * from './courses.ts';
export * from './marks.ts';
export * from './people.ts';
export * from './sessions.ts';
export * from './tenancy.ts';
export * from './work.ts';
