import { hostname } from 'node:os';
import { changePlanLimits, createSealingKey, type LimitsByPlan, type SealingKey } from '@formaops/core';
import { failpoints, flag, integer, list, loadEnv } from '@formaops/runtime';
import { z } from 'zod';

const priceForm = /^([^=]+)=(\d{1,9}(?:\.\d{1,6})?)\/(\d{1,9}(?:\.\d{1,6})?)$/;

function readPrice(entry: string, context: z.RefinementCtx) {
  const [, model, inputPerMillion, outputPerMillion] = priceForm.exec(entry) ?? [];
  if (model && inputPerMillion && outputPerMillion) return [{ model, inputPerMillion, outputPerMillion }];
  context.addIssue({ code: 'custom', message: 'must look like my-model=0.10/0.40,other-model=1/2' });
  return [];
}

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' });
const queueUrl = z.url({
  protocol: /^(rediss?|postgres(ql)?)$/,
  error: 'must be a redis:// or postgres:// address',
});
const ownId = `${hostname()
  .replaceAll(/[^\w.-]/g, '-')
  .slice(0, 60)}-${process.pid}`;

function toPlanLimits(entries: string[], context: z.RefinementCtx): LimitsByPlan {
  const limits = changePlanLimits(entries);
  if (!('problem' in limits)) return limits;
  context.addIssue({ code: 'custom', message: limits.problem });
  return z.NEVER;
}

function toSealingKeys(entries: string[], context: z.RefinementCtx): SealingKey[] {
  if (entries.every((entry) => entry.length >= 32)) return entries.map(createSealingKey);
  context.addIssue({ code: 'custom', message: 'must have at least 32 characters' });
  return z.NEVER;
}

/** The worker's whole configuration. */
export const envSchema = z
  .object({
    NODE_ENV: z
      .enum(['development', 'production', 'test'])
      .default('production')
      .describe('What libraries go by; the product itself does not.'),
    LOG_LEVEL: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('From which level on.'),
    DATABASE_URL: postgresUrl.describe("The product's database: a `postgres://` address."),
    QUEUE_URL: queueUrl
      .optional()
      .describe('`redis://` or `rediss://` for Redis; without it the queue lives in the database.'),
    DATABASE_DIRECT_URL: postgresUrl
      .optional()
      .describe("The queue's database when `DATABASE_URL` leads through a transaction pooler."),
    OPENAI_BASE_URL: z
      .url({ protocol: /^https?$/, error: 'must be an http(s):// address' })
      .default('https://api.openai.com/v1')
      .describe('Any server that speaks the OpenAI chat completions protocol.'),
    OPENAI_API_KEY: z
      .string({ error: 'must be set' })
      .min(1)
      .describe('Sent to that server; any text where the server wants none.'),
    OPENAI_MAX_TOKENS_FIELD: z
      .enum(['max_completion_tokens', 'max_tokens'])
      .optional()
      .describe(
        "The request field that limits generated tokens. When unset, `max_completion_tokens` for OpenAI's and Azure's hosts, else `max_tokens`.",
      ),
    OPENAI_STREAM_USAGE: flag(true).describe(
      'Whether to ask for usage while streaming; some servers refuse the question.',
    ),
    MODEL_PRICES: list('')
      .transform((entries, context) => entries.flatMap((entry) => readPrice(entry, context)))
      .describe(
        "Prices that come before the price list's, in US dollars per million tokens: `model=input/output`, commas between.",
      ),
    WORKER_CONCURRENCY: integer({ min: 1, max: 10_000 })
      .default(10)
      .describe('Executions that run at the same time in this process.'),
    WORKER_ID: z
      .string()
      .regex(/^[\w.-]{1,100}$/, { error: 'must be 1 to 100 letters, digits, "_", "." or "-"' })
      .default(ownId)
      .meta({
        description: 'The name under which its attempts are recorded.',
        default: 'host name and process id',
      }),
    LEASE_MS: integer({ min: 1_000, max: 600_000 })
      .default(30_000)
      .describe('A worker that is silent this long has lost its executions.'),
    HEARTBEAT_MS: integer({ min: 200, max: 200_000 })
      .default(10_000)
      .describe('How often leases are prolonged; at most a third of `LEASE_MS`.'),
    MAINTENANCE_MS: integer({ min: 100, max: 600_000 })
      .default(2_000)
      .describe(
        'How often to look for executions of dead workers, past their deadline, or with a lost bell.',
      ),
    BELL_LOST_MS: integer({ min: 100, max: 600_000 })
      .default(5_000)
      .describe('How long a bell may go unheard in an empty queue before it is rung again.'),
    BELL_REPEAT_MS: integer({ min: 100, max: 3_600_000 })
      .default(60_000)
      .describe(
        'How soon the bell of a waiting execution is looked for in the queue; later as it gets older, up to tenfold.',
      ),
    PLAN_LIMITS: list('')
      .transform(toPlanLimits)
      .describe(
        'Limits of plans that differ from the standard ones, such as `FREE.maxRunning=4,PRO.maxWaiting=none`; the same for API and workers.',
      ),
    WATCHDOG_MS: integer({ min: 1_000, max: 3_600_000 })
      .default(60_000)
      .describe(
        'A worker that has room and fetches none of the waiting bells for this long ends with code 1.',
      ),
    RETRY_BASE_MS: integer({ min: 1, max: 600_000 })
      .default(1_000)
      .describe('The first retry waits a random time up to this; the limit doubles with each attempt.'),
    RETRY_CAP_MS: integer({ min: 1, max: 3_600_000 })
      .default(60_000)
      .describe('The limit of that wait, and of what a provider may ask for with `Retry-After`.'),
    SHUTDOWN_GRACE_MS: integer({ min: 0, max: 600_000 })
      .default(20_000)
      .describe('How long running calls may finish after SIGTERM before they are given back.'),
    MODEL_CONNECT_MS: integer({ min: 100, max: 600_000 })
      .default(5_000)
      .describe('How long a connection to the model may take.'),
    MODEL_FIRST_BYTE_MS: integer({ min: 100, max: 3_600_000 })
      .default(60_000)
      .describe("Until the first byte of the answer's body, connecting included."),
    MODEL_IDLE_MS: integer({ min: 100, max: 3_600_000 })
      .default(30_000)
      .describe('Between two pieces of the answer.'),
    MODEL_MAX_RESPONSE_BYTES: integer({ min: 1_024, max: 64 * 1024 * 1024 })
      .default(4 * 1024 * 1024)
      .describe('A longer answer is broken off.'),
    VALIDATION_CHILDREN: integer({ min: 1, max: 16 })
      .default(2)
      .describe(
        'Child processes that run validations; each starts when it is needed. With two or more, tenants whose validations take long share one half of them.',
      ),
    WEBHOOK_SECRET_KEY: list('')
      .transform(toSealingKeys)
      .describe(
        'Encrypts the secrets of webhooks, at least 32 characters; the same for API and workers. While it changes `new,old`. Without it there are no webhooks.',
      ),
    WEBHOOK_ALLOW_PRIVATE: flag(false).describe(
      'Lets webhooks lead to private addresses and to any port. Only where every user may reach whatever this machine can.',
    ),
    WEBHOOK_CONCURRENCY: integer({ min: 1, max: 1_000 })
      .default(16)
      .describe(
        'Webhooks that are sent at the same time; at most half of them for one user, four to one host.',
      ),
    WEBHOOK_POLL_MS: integer({ min: 50, max: 60_000 })
      .default(1_000)
      .describe('How often to look for webhooks that are due.'),
    HEALTH_PORT: integer({ min: 1, max: 65_535 })
      .optional()
      .describe('Where `/health/live` and `/health/ready` are served; nowhere when unset.'),
    FAILPOINTS: failpoints.describe(
      'For crash tests, with `NODE_ENV=test` only: `name:chance` of places where the process kills itself, commas between.',
    ),
  })
  // With fewer, calls longer than a lease are taken for lost, and the next worker pays for them again.
  .refine(({ LEASE_MS, HEARTBEAT_MS }) => 3 * HEARTBEAT_MS <= LEASE_MS, {
    path: ['HEARTBEAT_MS'],
    error: 'must be at most a third of LEASE_MS',
  })
  .refine(({ RETRY_BASE_MS, RETRY_CAP_MS }) => RETRY_BASE_MS <= RETRY_CAP_MS, {
    path: ['RETRY_BASE_MS'],
    error: 'must be at most RETRY_CAP_MS',
  })
  .refine(({ NODE_ENV, FAILPOINTS }) => NODE_ENV === 'test' || FAILPOINTS.size === 0, {
    path: ['FAILPOINTS'],
    error: 'only with NODE_ENV=test',
  });

export type WorkerEnv = Readonly<z.infer<typeof envSchema>>;

export function readEnv(): WorkerEnv {
  return loadEnv(envSchema, process.env);
}
