import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { cwd, env, pid } from 'node:process';
import type { JsonValue } from '@formaops/core';
import type { JudgeReply, Run } from './protocol.ts';

/** What the config of a request can make this child do, in place of judging. */
const behaviours: Record<string, (config: { pid?: number }) => void> = {
  answer: () => reply(pid),
  'answer that it is large': () => {
    send('started');
    send({ ...passed(pid), residentMb: 10_000 });
  },
  'end before the start': () => process.exit(1),
  'end in the midst': () => {
    send('started');
    process.exit(3);
  },
  'be killed in one process': (config) => {
    send('started');
    if (config.pid === undefined || config.pid === pid) process.kill(pid, 'SIGKILL');
    send(passed(pid));
  },
  'reply before the start': () => send(passed(pid)),
  'start twice': () => {
    send('started');
    send('started');
    hang();
  },
  lie: () => {
    send('started');
    send({ code: 'MADE_UP' });
  },
  'live on without a connection': () => {
    send('started');
    process.removeAllListeners('disconnect');
    setInterval(() => undefined, 1_000);
    process.disconnect();
  },
  hang: () => {
    send('started');
    hang();
  },
  grow: () => {
    send('started');
    const kept: Buffer[] = [];
    while (kept.length < 64) kept.push(Buffer.alloc(16_777_216, 1));
    hang();
  },
  confess: () =>
    reply({
      env: Object.keys(env),
      cwd: cwd(),
      hasProto: '__proto__' in {},
      canReadPasswords: succeeds(() => readFileSync('/etc/passwd')),
      canReadTheEnvironment: succeeds(() => readFileSync(new URL('../../../../.env', import.meta.url))),
      hasNetwork: Object.keys(networkInterfaces()).length > 0,
      canWrite: succeeds(() => writeFileSync(new URL('./written', import.meta.url), '')),
      canSpawn: succeeds(() => {
        const { error } = spawnSync(process.execPath, ['--version']);
        if (error !== undefined) throw error;
      }),
    }),
};

process.on('disconnect', () => process.exit());
process.on('message', ({ config }: Run) => {
  const asked = config as { behaviour: string; pid?: number };
  behaviours[asked.behaviour]?.(asked);
});
send('ready');

/** Longer than any test, but not for ever: nobody ends this process when the tests themselves are killed. */
function hang(): void {
  const until = Date.now() + 120_000;
  while (Date.now() < until);
}

function send(message: unknown): void {
  process.send?.(message);
}

function reply(value: JsonValue): void {
  send('started');
  send(passed(value));
}

function passed(value: JsonValue): JudgeReply {
  return { code: null, extraction: 'whole', errors: [], residentMb: 100, value };
}

function succeeds(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED';
  }
}
