export const LOAD_PASSWORD = 'load load load 2026';
