import { recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { createErrorReport, describeError } from './error-report.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' });
const readOnly = Object.assign(new Error('READONLY You cannot write'), { name: 'ReplyError' });

describe('createErrorReport', () => {
  it('logs each kind of error once in ten seconds, then with the number left out', () => {
    const log = recordingLog();
    let now = 0;
    const report = createErrorReport(log, () => now);
    for (let i = 0; i < 100; i++) report(refused);
    report(readOnly);
    now = 9_999;
    report(refused);
    expect(log.lines).toHaveLength(2);
    now = 10_000;
    report(refused);
    expect(log.lines.map(({ fields }) => fields)).toMatchObject([
      { problem: { code: 'ECONNREFUSED' }, suppressed: 0 },
      { problem: { type: 'ReplyError' }, suppressed: 0 },
      { problem: { code: 'ECONNREFUSED' }, suppressed: 100 },
    ]);
  });
});

describe('describeError', () => {
  it('leaves out the command that ioredis adds, for it may hold the password', () => {
    const command = { name: 'auth', args: ['open-sesame'] };
    const error = Object.assign(new Error('WRONGPASS invalid username-password pair'), { command });
    expect(describeError(error)).toEqual({
      type: 'Error',
      message: 'WRONGPASS invalid username-password pair',
    });
  });

  it('takes what is no error, too', () => {
    expect(describeError('gone')).toEqual({ type: 'string', message: 'gone' });
  });
});
