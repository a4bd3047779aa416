import { hasRedis } from '@formaops/testing';
import type { Backend } from './stack.ts';

/** Both, where this run has a Redis; it says so at its start when it has none. */
export const backends: Backend[] = hasRedis ? ['postgres', 'redis'] : ['postgres'];
