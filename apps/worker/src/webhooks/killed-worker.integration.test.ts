import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createSealingKey,
  createWebhookSecret,
  sealNonceBytes,
  sealSecret,
  webhookSecretBytes,
} from '@formaops/core';
import { insertTestDelivery, insertWebhook, listDeliveries, newId, openPool } from '@formaops/db';
import { createUser, recordingLog, testDatabase } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { certificate, startEndpoint } from './endpoint.fixture.ts';

const keyText = 'the key of the tests made by nobody';

describe('a worker process', () => {
  it('takes over what another one was sending when it was killed, under the same id', async () => {
    await using endpoint = await startEndpoint();
    await using stack = new AsyncDisposableStack();
    const { databaseUrl, drop } = await testDatabase();
    stack.defer(drop);
    const pool = openPool({ databaseUrl, max: 2, applicationName: 'test', log: recordingLog() });
    stack.defer(() => pool.end());
    const { userId } = await createUser(pool);
    const [id, secret] = [newId(), createWebhookSecret(randomBytes(webhookSecretBytes))];
    await insertWebhook(pool, userId, {
      id,
      url: `https://localhost:${endpoint.port}/`,
      description: null,
      eventTypes: ['*'],
      isActive: true,
      secret: sealSecret(secret, id, createSealingKey(keyText), randomBytes(sealNonceBytes)),
    });
    await insertTestDelivery(pool, userId, id);
    const work = await workers(stack, databaseUrl);

    endpoint.answer = () => undefined;
    const first = work();
    await endpoint.hasReceived(1);
    first.kill('SIGKILL');
    await once(first, 'exit');
    // In place of the half minute for which it was the first one's.
    await pool.query('UPDATE webhook_deliveries SET due_at = clock_timestamp()');
    endpoint.answer = (_, response) => void response.writeHead(204).end();
    work();
    await endpoint.hasReceived(2);

    const [before, after] = endpoint.received;
    expect(after?.headers['webhook-id']).toBe(before?.headers['webhook-id']);
    expect(
      new Webhook(secret).verify(after?.body ?? '', after?.headers as Record<string, string>),
    ).toMatchObject({
      type: 'webhook.test',
    });
    let [delivery] = await listDeliveries(pool, userId, id, {}, null, 1);
    while (delivery?.status === 'PENDING') [delivery] = await listDeliveries(pool, userId, id, {}, null, 1);
    expect(delivery).toMatchObject({ status: 'DELIVERED', attempts: [{ attempt: 2, statusCode: 204 }] });
  });
});

/** Workers that trust the endpoint's certificate. */
async function workers(stack: AsyncDisposableStack, databaseUrl: string): Promise<() => ChildProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'formaops-webhooks-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const certificateFile = join(folder, 'certificate.pem');
  await writeFile(certificateFile, certificate);
  return () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts')], {
      env: {
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
        DATABASE_URL: databaseUrl,
        WEBHOOK_SECRET_KEY: keyText,
        WEBHOOK_ALLOW_PRIVATE: 'true',
        WEBHOOK_POLL_MS: '100',
        NODE_EXTRA_CA_CERTS: certificateFile,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    stack.defer(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    return child;
  };
}
