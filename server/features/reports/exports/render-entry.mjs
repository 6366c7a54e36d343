// A thread does not inherit how its parent loads TypeScript.
import { register } from 'tsx/esm/api';

register();
await import(new URL('./render-thread.ts', import.meta.url).href);
