import type pg from 'pg';
import type { PrismaClient } from '../generated/client.ts';
import { newId } from './new-id.ts';
import { openPrisma } from './prisma-client.ts';
import { codeReviewPrompt, codeReviewSchema, sampleExecution } from './seed-data.ts';

/**
 * Writes the demo user, the sample prompt with its validation, and one sample execution. Run again it changes nothing.
 *
 * @returns the ids that a caller may want to use.
 */
export async function seed(pool: pg.Pool): Promise<{ userId: string; promptId: string }> {
  const prisma = await openPrisma(pool);
  try {
    const user = await prisma.user.upsert({
      where: { email: 'demo@formaops.com' },
      update: {},
      create: { id: 'demo-user-id', email: 'demo@formaops.com', name: 'Demo User', plan: 'PRO' },
    });
    const promptId = await seedPrompt(prisma, user.id);
    await seedExecution(prisma, user.id, promptId);
    return { userId: user.id, promptId };
  } finally {
    await prisma.$disconnect();
  }
}

async function seedPrompt(prisma: PrismaClient, userId: string): Promise<string> {
  const { id } = await prisma.prompt.upsert({
    where: { id: codeReviewPrompt.id },
    update: {},
    create: { ...codeReviewPrompt, publishedAt: new Date(), userId },
  });
  await prisma.validation.upsert({
    where: { id: codeReviewSchema.id },
    update: {},
    create: { ...codeReviewSchema, promptId: id },
  });
  return id;
}

/** With every row that a real execution leaves, so that an audit of a fresh installation finds nothing missing. */
async function seedExecution(prisma: PrismaClient, userId: string, promptId: string): Promise<void> {
  if (await prisma.execution.findUnique({ where: { id: sampleExecution.id }, select: { id: true } })) return;
  const completedAt = new Date();
  const startedAt = new Date(completedAt.getTime() - 5_000);
  const createdAt = new Date(startedAt.getTime() - 10);
  const token = newId();
  const { verdict, ledger, logs, ...columns } = sampleExecution;
  const executionId = columns.id;
  const execution = {
    ...columns,
    userId,
    promptId,
    createdAt,
    startedAt,
    completedAt,
    deadlineAt: new Date(createdAt.getTime() + 86_400_000),
    finishedToken: token,
    logs: {
      create: logs.map((line, index) => ({
        ...line,
        id: newId(),
        timestamp: [createdAt, startedAt][index] ?? completedAt,
      })),
    },
  };
  await prisma.$transaction([
    prisma.execution.create({ data: execution }),
    prisma.executionAttempt.create({
      data: { ...ledger, executionId, token, startedAt, endedAt: completedAt },
    }),
    prisma.executionVerdict.create({
      data: {
        ...verdict,
        executionId,
        id: newId(),
        validationId: codeReviewSchema.id,
        createdAt: completedAt,
      },
    }),
    prisma.executionTransition.createMany({
      data: [
        { executionId, from: 'PENDING', to: 'RUNNING', at: startedAt },
        { executionId, from: 'RUNNING', to: 'COMPLETED', at: completedAt },
      ],
    }),
  ]);
}
