import type pg from 'pg';
import type { PrismaClient } from '../generated/client.ts';

/**
 * A Prisma client on a pool of ours. For everything that is not on an execution's path: there the statements are
 * written by hand, because one of them does what Prisma needs three for. Loaded when it is first asked for: a worker never
 * needs it, and loading costs a quarter of a second.
 */
export async function openPrisma(pool: pg.Pool): Promise<PrismaClient> {
  const [{ PrismaPg }, { PrismaClient: Client }] = await Promise.all([
    import('@prisma/adapter-pg'),
    import('../generated/client.ts'),
  ]);
  return new Client({ adapter: new PrismaPg(pool) });
}
