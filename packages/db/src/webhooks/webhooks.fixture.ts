import { createUser } from '@formaops/testing';
import { type Fixture, setup as setupDatabase } from '../database.fixture.ts';
import { newId } from '../new-id.ts';
import { type DueDelivery, takeDueDeliveries } from './take-due.ts';
import { insertWebhook, type NewWebhook } from './webhooks.ts';

export interface WebhookFixture extends Fixture {
  /** Registers an endpoint of the fixture's user, or of another's. @returns its id. */
  register(changes?: Partial<NewWebhook>, userId?: string): Promise<string>;
  /** Registers an endpoint of a new user at a host of its own. */
  registerStranger(changes?: Partial<NewWebhook>): Promise<{ webhookId: string; userId: string }>;
  /** Records so many deliveries for an endpoint, the first due the longest. @returns their ids. */
  record(webhookId: string, count?: number): Promise<string[]>;
  /** Takes what is due, with limits that hardly limit. */
  take(changes?: Partial<Parameters<typeof takeDueDeliveries>[1]>): Promise<DueDelivery[]>;
}

export async function setup(): Promise<WebhookFixture> {
  const database = await setupDatabase();
  const { pool } = database;
  const register = async (changes: Partial<NewWebhook> = {}, userId = database.userId) => {
    const id = newId();
    const webhook = { ...plain, id, url: `https://${id}.example.com/hook`, ...changes };
    if ((await insertWebhook(pool, userId, webhook)) === null) throw new Error('there are too many');
    return id;
  };
  return {
    ...database,
    register,
    async registerStranger(changes) {
      const { userId } = await createUser(pool);
      return { userId, webhookId: await register(changes, userId) };
    },
    async record(webhookId, count = 1) {
      const ids = Array.from({ length: count }, newId);
      await pool.query(
        `INSERT INTO webhook_deliveries (id, webhook_id, event_type, data, due_at)
         SELECT id, $2, 'execution.completed', '{}', clock_timestamp() - interval '1 h' + place * interval '1 ms'
         FROM unnest($1::text[]) WITH ORDINALITY AS d(id, place)`,
        [ids, webhookId],
      );
      return ids;
    },
    take: (changes) => takeDueDeliveries(pool, { ...roomy, ...changes }),
  };
}

const plain = { description: null, eventTypes: ['*'], isActive: true, secret: 'sealed' };
const roomy = { limit: 100, leaseMs: 60_000, perHost: 100, perUser: 100, underWay: [] };
