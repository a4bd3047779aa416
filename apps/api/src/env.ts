import { changePlanLimits, createSealingKey, type LimitsByPlan, type SealingKey } from '@formaops/core';
import { failpoints, flag, integer, list, loadEnv } from '@formaops/runtime';
import { z } from 'zod';

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' });
const queueUrl = z.url({
  protocol: /^(rediss?|postgres(ql)?)$/,
  error: 'must be a redis:// or postgres:// address',
});

function toPlanLimits(entries: string[], context: z.RefinementCtx): LimitsByPlan {
  const limits = changePlanLimits(entries);
  if (!('problem' in limits)) return limits;
  context.addIssue({ code: 'custom', message: limits.problem });
  return z.NEVER;
}

/** As browsers send it: no path, no `*`, and the port only where it is not the usual one. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function toSealingKeys(entries: string[], context: z.RefinementCtx): SealingKey[] {
  if (entries.every((entry) => entry.length >= 32)) return entries.map(createSealingKey);
  context.addIssue({ code: 'custom', message: 'must have at least 32 characters' });
  return z.NEVER;
}

/** The API's whole configuration. */
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
    HOST: z
      .string()
      .default('127.0.0.1')
      .describe('Where to listen. Only this machine unless told otherwise.'),
    PORT: integer({ min: 0, max: 65_535 }).default(3000).describe('0 takes a free one.'),
    DATABASE_URL: postgresUrl.describe("The product's database: a `postgres://` address."),
    QUEUE_URL: queueUrl
      .optional()
      .describe('`redis://` or `rediss://` for Redis; without it the queue lives in the database.'),
    DATABASE_DIRECT_URL: postgresUrl
      .optional()
      .describe("The queue's database when `DATABASE_URL` leads through a transaction pooler."),
    DATABASE_POOL_MAX: integer({ min: 2, max: 100 })
      .default(10)
      .describe('Connections to the database at most, besides those of a queue that lives there.'),
    ALLOWED_MODELS: list(
      'gpt-4o-mini,gpt-4o,gpt-4.1,gpt-4.1-mini,gpt-4.1-nano,gpt-5,gpt-5-mini,gpt-5-nano',
    ).describe('Models that callers may ask for, commas between; an entry may end in `*`.'),
    DEFAULT_MODEL: z
      .string()
      .min(1)
      .default('gpt-4o-mini')
      .describe('The model of requests that name none; always allowed.'),
    ADMIN_PORT: integer({ min: 0, max: 65_535 })
      .optional()
      .describe("Where the operator's pages are served; on the API's own port when unset."),
    ADMIN_HOST: z.string().default('127.0.0.1').describe('Where `ADMIN_PORT` listens.'),
    BOARD_USER: z.string().min(1).default('admin').describe("User name for the operator's pages."),
    BOARD_PASSWORD: z
      .string()
      .min(12, { error: 'must have at least 12 characters' })
      .optional()
      .describe("Password for the operator's pages; without it they do not exist."),
    BOARD_READ_ONLY: flag(true).describe('`false` lets Bull Board retry, promote and remove jobs.'),
    VALIDATION_CHILDREN: integer({ min: 1, max: 16 })
      .default(2)
      .describe('Child processes that check and try validations; each starts when it is needed.'),
    PLAN_LIMITS: list('')
      .transform(toPlanLimits)
      .describe(
        'Limits of plans that differ from the standard ones, such as `FREE.maxRunning=4,PRO.maxWaiting=none`; the same for API and workers.',
      ),
    CORS_ORIGINS: list('')
      .refine((origins) => origins.every(isOrigin), {
        error: 'must be origins such as https://app.example.com',
      })
      .describe(
        'Origins whose pages may ask the API from a browser, commas between, such as `https://app.example.com`; none when unset.',
      ),
    WEBHOOK_SECRET_KEY: list('')
      .transform(toSealingKeys)
      .describe(
        'Encrypts the secrets of webhooks, at least 32 characters; the same for API and workers. While it changes `new,old`. Without it there are no webhooks.',
      ),
    WEBHOOK_ALLOW_PRIVATE: flag(false).describe(
      'Lets webhooks lead to private addresses and to any port. Only where every user may reach whatever this machine can.',
    ),
    BELL_LOST_MS: integer({ min: 100, max: 600_000 })
      .default(5_000)
      .describe(
        'How long the bell of a new execution may go unheard before a worker rings it again; while 1,000 wait, `BELL_REPEAT_MS`.',
      ),
    BELL_REPEAT_MS: integer({ min: 100, max: 3_600_000 })
      .default(60_000)
      .describe('When workers look for the bell of a waiting execution that was rung.'),
    MAX_STREAMS: integer({ min: 0, max: 50_000 })
      .default(6_000)
      .describe(
        'Clients of this process that follow events at the same time; each takes a file descriptor and some 80 kB.',
      ),
    MAX_STREAMS_PER_USER: integer({ min: 1, max: 50_000 })
      .default(100)
      .describe('How many of them may belong to one user.'),
    SHUTDOWN_GRACE_MS: integer({ min: 0, max: 600_000 })
      .default(10_000)
      .describe('How long requests under way may finish after SIGTERM.'),
    FAILPOINTS: failpoints.describe(
      'For crash tests, with `NODE_ENV=test` only: `name:chance` of places where the process kills itself, commas between.',
    ),
  })
  .refine(({ NODE_ENV, FAILPOINTS }) => NODE_ENV === 'test' || FAILPOINTS.size === 0, {
    path: ['FAILPOINTS'],
    error: 'only with NODE_ENV=test',
  });

export type ApiEnv = Readonly<z.infer<typeof envSchema>>;

export function readEnv(): ApiEnv {
  return loadEnv(envSchema, process.env);
}
