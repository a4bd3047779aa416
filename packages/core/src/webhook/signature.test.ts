import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createWebhookSecret, webhookHeaders, webhookSecretBytes } from './signature.ts';

const newSecret = () => createWebhookSecret(randomBytes(webhookSecretBytes));
const message = () => ({ id: 'msg-1', at: new Date(), body: '{"type":"execution.completed","ü":1}' });

describe('webhookHeaders', () => {
  it('are what the library of Standard Webhooks accepts', () => {
    const [secret, sent] = [newSecret(), message()];
    expect(new Webhook(secret).verify(sent.body, webhookHeaders(sent, [secret]))).toEqual(
      JSON.parse(sent.body),
    );
  });

  it('carry a signature for each secret, so that receivers may change theirs when they like', () => {
    const [old, renewed, sent] = [newSecret(), newSecret(), message()];
    const headers = webhookHeaders(sent, [renewed, old]);
    for (const secret of [old, renewed])
      expect(new Webhook(secret).verify(sent.body, headers)).toMatchObject({ ü: 1 });
  });

  it.each([
    ['another secret', (_: string) => ({ secret: newSecret() })],
    ['another body', (_: string) => ({ body: '{}' })],
    ['another id', (_: string) => ({ headers: { 'webhook-id': 'msg-2' } })],
    ['another time', (at: string) => ({ headers: { 'webhook-timestamp': String(Number(at) - 1) } })],
  ])('are refused with %s', (_what, change) => {
    const [secret, sent] = [newSecret(), message()];
    const headers = webhookHeaders(sent, [secret]);
    const changed = { secret, body: sent.body, headers: {}, ...change(headers['webhook-timestamp'] ?? '') };
    const receiver = new Webhook(changed.secret);
    expect(() => receiver.verify(changed.body, { ...headers, ...changed.headers })).toThrow(
      'No matching signature',
    );
  });
});

describe('createWebhookSecret', () => {
  it('has the form that Standard Webhooks names', () => {
    expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
  });
});
