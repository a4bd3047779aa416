import { Prisma } from '../../../packages/db/generated/client.ts';
import { openBullmqQueue } from '../peer/bullmq-queue.ts';
import { servePeerApi } from '../peer/peer-api.ts';
import { readPeerEnv } from '../peer-env.ts';
import { openPeerPrisma } from './prisma.ts';

const env = readPeerEnv();
const { prisma, close } = await openPeerPrisma(env.databaseUrl, 'api');
const queue = openBullmqQueue(env);

await servePeerApi({
  async submit({ context, ...body }) {
    // One nested write, which Prisma turns into a transaction. Two creates in `$transaction` cost the same.
    const create = prisma.execution.create({
      data: {
        ...body,
        ...(context != null && { context }),
        userId: env.userId,
        logs: {
          create: {
            message: 'Execution accepted',
            metadata: { priority: body.priority, model: body.model, promptVersion: 1 },
          },
        },
      },
      select: { id: true, createdAt: true, promptVersion: true },
    });
    const execution = await create.catch(nullIfNoSuchPrompt);
    if (execution) await queue.add(execution.id, body.priority);
    return execution;
  },
  async close() {
    await queue.close();
    await close();
  },
});

/** The foreign key finds out. */
function nullIfNoSuchPrompt(error: unknown): null {
  if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003') return null;
  throw error;
}
