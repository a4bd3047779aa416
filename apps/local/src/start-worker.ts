import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { readLocalEnv } from './env.ts';
import { say } from './progress.ts';
import { readDevState } from './state-dir.ts';

const state = await readDevState();
if (!state) {
  say('FormaOps is not running in this folder. Start it first: npm start');
  process.exit(1);
}

const env = { ...readLocalEnv().inherited, NODE_ENV: 'development', ...state.workerEnv };
const worker = spawn(process.execPath, [join(import.meta.dirname, '../../worker/src/main.ts')], {
  env,
  // Not the terminal's group: Ctrl-C comes here, and is passed on once.
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'])
  process.on(event, () => worker.kill('SIGTERM'));
const [code] = await once(worker, 'exit');
process.exit(code ?? 1);
