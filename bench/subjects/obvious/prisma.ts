import { openPrisma } from '@formaops/db';
import { openPeerPool } from '../peer/open-peer-pool.ts';

/** Prisma over a pool of its own, as its guide shows. */
export async function openPeerPrisma(databaseUrl: string, max: number) {
  const pool = openPeerPool(databaseUrl, max);
  const prisma = await openPrisma(pool);
  await prisma.$connect();
  const close = async () => {
    await prisma.$disconnect();
    await pool.end();
  };
  return { prisma, close };
}
