import { describe, expect, it } from '@jest/globals';
import { setup } from './conformance.fixture.ts';
import { migrateQueue } from './connection.ts';

describe('migrateQueue', () => {
  it('may be called by several processes at once, and again', async () => {
    await using bench = await setup('postgres', { isMigrated: false });
    const location = { databaseUrl: bench.link.url };
    expect(await bench.connect().check()).toMatchObject({ state: 'unfit' });
    await Promise.all([migrateQueue(location), migrateQueue(location), migrateQueue(location)]);
    await migrateQueue(location);
    expect(await bench.connect().check()).toMatchObject({ state: 'ready' });
  });
});
