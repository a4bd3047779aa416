import { describe, expect, it } from '@jest/globals';
import { bodyLimits } from './body-limits.ts';
import { maxBodyBytes } from './json-body.ts';
import type { Operation } from './operation.ts';

const operation = (path: string, maxBodyBytes?: number) =>
  ({ path, ...(maxBodyBytes && { maxBodyBytes }) }) as Operation;
const limitOf = bodyLimits([operation('/v1/small'), operation('/v1/large', 5_000_000)]);

describe('bodyLimits', () => {
  it.each(['/v1/large', '/v1/large/', '/V1/LARGE', '/v1/l%61rge', '/v1/l%41rge/?a=1', '/v1/large?wait=1'])(
    'knows %s by however it is written',
    (url) => {
      expect(limitOf(url)).toBe(5_000_000);
    },
  );

  it.each(['/v1/small', '/v1/large/more', '/v1/large%ff', '/', ''])(
    'gives %s what every body may have',
    (url) => {
      expect(limitOf(url)).toBe(maxBodyBytes);
    },
  );
});
