import { join } from 'node:path';

/** The folder of this clone. */
export const repositoryRoot = join(import.meta.dirname, '../../..');
