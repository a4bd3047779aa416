import { access } from 'node:fs/promises';
import { tolerate } from './tolerate.ts';

/** @returns whether there is a file or folder at `path`; not being allowed to look is an error. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, tolerate(['ENOENT'], false));
}
