import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../../packages/db/generated/client.ts';
import { openPeerPool } from '../peer/open-peer-pool.ts';

/**
 * Prisma over a pool of its own. Prepared statements are more than most would think of; they spare PostgreSQL a
 * tenth to a fifth of its work.
 */
export async function openPeerPrisma(databaseUrl: string, role: 'api' | 'worker') {
  const pool = openPeerPool(databaseUrl, role);
  const names = new Map<string, string>();
  const statementNameGenerator = ({ sql }: { sql: string }) => {
    const name = names.get(sql) ?? `prisma-${names.size}`;
    names.set(sql, name);
    return name;
  };
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { statementNameGenerator }) });
  await prisma.$connect();
  const close = async () => {
    await prisma.$disconnect();
    await pool.end();
  };
  return { prisma, close };
}
