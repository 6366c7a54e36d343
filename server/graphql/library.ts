import { createRequire } from 'node:module';

/**
 * The graphql package as mercurius has it. The package comes in two forms, and its parts refuse to work with those of
 * the other: this is the one that `require` finds, whoever resolves modules (Node or a test runner).
 */
export const graphql = createRequire(import.meta.url)('graphql') as typeof import('graphql');
