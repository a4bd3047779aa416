import { recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { openQueueConnection } from './connection.ts';

const databaseUrl = 'postgres://localhost/formaops';

describe('openQueueConnection', () => {
  it('takes the database when no address is given for the queue', async () => {
    const connection = openQueueConnection({ databaseUrl, log: recordingLog() });
    expect(connection.kind).toBe('postgres');
    await connection.close();
  });

  it.each([
    ['redis://localhost', 'redis'],
    ['rediss://localhost', 'redis'],
    ['postgres://localhost/queue', 'postgres'],
    ['postgresql://localhost/queue', 'postgres'],
  ])('takes %s for %s', async (queueUrl, kind) => {
    const connection = openQueueConnection({ queueUrl, databaseUrl, log: recordingLog() });
    expect(connection.kind).toBe(kind);
    await connection.close();
  });

  it.each(['http://user:open-sesame@localhost', 'open-sesame', ''])(
    'refuses another address without repeating it',
    (queueUrl) => {
      const open = () => openQueueConnection({ queueUrl, databaseUrl, log: recordingLog() });
      expect(open).toThrow('must start with redis://, rediss:// or postgres://');
      expect(open).not.toThrow('open-sesame');
    },
  );
});
