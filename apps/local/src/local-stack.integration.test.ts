import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openPool } from '@formaops/db';
import { recordingLog } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Command, isUp, type LocalFixture, setup, until } from './start.fixture.ts';

describe('a local stack without workers', () => {
  let local: LocalFixture;
  let start: Command;

  beforeAll(async () => {
    local = await setup();
    start = local.start(['--workers', '0', '--port', '0']);
    await start.says(isUp);
  }, 180_000);
  afterAll(async () => local[Symbol.asyncDispose](), 180_000);

  it('is described by dev.json, for its owner only', async () => {
    const state = await local.devState();
    expect(state).toEqual({
      apiUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      apiKey: expect.stringMatching(/^fo_live_/),
      boardUrl: `${state.apiUrl}/admin/queues`,
      boardUser: 'admin',
      boardPassword: expect.stringMatching(/^.{12,}$/),
      databaseUrl: expect.stringMatching(/^postgres:\/\//),
      queueUrl: state.databaseUrl,
      modelUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1$/),
      pid: start.pid,
      workerEnv: expect.any(Object),
    });
    expect((await stat(join(local.stateDir, 'dev.json'))).mode & 0o777).toBe(0o600);
    for (const told of [state.apiUrl, state.apiKey, state.boardUrl, state.boardPassword, state.modelUrl])
      expect(start.output()).toContain(told);
  });

  it('answers at every address that dev.json names', async () => {
    const { apiUrl, apiKey, boardUrl, boardUser, boardPassword, databaseUrl, modelUrl } =
      await local.devState();
    const board = Buffer.from(`${boardUser}:${boardPassword}`).toString('base64');
    const prompts = await fetch(`${apiUrl}/v1/prompts`, { headers: { authorization: `Bearer ${apiKey}` } });
    const models = await fetch(`${modelUrl}/models`, { headers: { authorization: 'Bearer any' } });
    expect([prompts.status, models.status]).toEqual([200, 200]);
    // Bull Board answers 503 until its connection to the queue is up.
    const askBoard = () => fetch(boardUrl, { headers: { authorization: `Basic ${board}` } });
    await until(async () => (await askBoard()).status === 200);
    const pool = openPool({ databaseUrl, max: 1, applicationName: 'test', log: recordingLog() });
    expect((await pool.query('SELECT count(*)::int AS users FROM users')).rows).toEqual([{ users: 1 }]);
    await pool.end();
  });

  it('is not started a second time from the same folder', async () => {
    const second = local.start(['--port', '0']);
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(`FormaOps already runs from this folder (process ${start.pid})`);
    expect(second.output()).toContain(`kill ${start.pid}`);
    expect((await local.devState()).pid).toBe(start.pid);
  }, 100_000);

  it('is joined by workers, which run what waits and go again on Ctrl-C', async () => {
    // The queue is the stack's, whatever the terminal of the worker has in its environment.
    const worker = local.startWorker({
      QUEUE_URL: 'redis://127.0.0.1:1',
      DATABASE_URL: 'postgres://127.0.0.1:1',
    });
    const { apiUrl, apiKey } = await local.devState();
    const response = await fetch(`${apiUrl}/v1/executions?wait=60`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        promptId: 'demo-prompt-code-reviewer',
        inputs: { language: 'javascript', code: 'eval(userInput)' },
      }),
    });
    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ status: 'COMPLETED', validationStatus: 'PASSED' }),
    ]);
    worker.kill('SIGINT');
    expect(await worker.ended()).toBe(0);
    expect((await local.servers()).filter((line) => line.includes('apps/worker'))).toEqual([]);
  }, 180_000);
});

describe('npm run worker', () => {
  it('says what to do when nothing runs that it could join', async () => {
    await using local = await setup();
    const worker = local.startWorker();
    expect(await worker.ended()).toBe(1);
    expect(worker.output()).toBe('FormaOps is not running in this folder. Start it first: npm start\n');
  }, 100_000);
});
