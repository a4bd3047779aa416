import { createHmac } from 'node:crypto';

/** Start of every secret, as Standard Webhooks writes them. */
export const webhookSecretPrefix = 'whsec_';

/** Random bytes of a secret: 192 bits, the least that Standard Webhooks asks for. */
export const webhookSecretBytes = 24;

/** @param random {@link webhookSecretBytes} bytes that nobody can guess. */
export function createWebhookSecret(random: Buffer): string {
  return webhookSecretPrefix + random.toString('base64');
}

/** One sending of one thing. */
export interface WebhookMessage {
  /** The same for every attempt: receivers know by it what they have seen. */
  id: string;
  /** When it is sent. */
  at: Date;
  body: string;
}

/**
 * The headers by which a receiver knows who sent a message, one signature for each secret that is valid now.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function webhookHeaders(
  { id, at, body }: WebhookMessage,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => `v1,${sign(`${id}.${timestamp}.${body}`, secret)}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

function sign(content: string, secret: string): string {
  const key = Buffer.from(secret.slice(webhookSecretPrefix.length), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}
