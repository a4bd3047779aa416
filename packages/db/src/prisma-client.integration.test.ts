import { describe, expect, it } from '@jest/globals';
import type { PrismaClient } from '../generated/client.ts';
import { setup as setupDatabase } from './database.fixture.ts';
import { openPrisma } from './prisma-client.ts';

async function setup() {
  const database = await setupDatabase();
  const prisma = await openPrisma(database.pool);
  return {
    ...database,
    prisma,
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect();
      await database[Symbol.asyncDispose]();
    },
  };
}

const minute = 60_000;

/** An ended execution with the fields that the data model has, and no more. */
function endedExecution(owner: { userId: string; promptId: string }, minutesAgo = 0) {
  const completedAt = new Date(Date.now() - minutesAgo * minute);
  return {
    inputs: { language: 'typescript', code: 'const user = { password: "123456" };' },
    output: '{"overall_rating":3}',
    validatedOutput: { overall_rating: 3 },
    status: 'COMPLETED' as const,
    validationStatus: 'PASSED' as const,
    latencyMs: 2340,
    costUsd: 0.045,
    tokenUsage: { input: 156, output: 89, total: 245, model: 'gpt-4' },
    startedAt: new Date(completedAt.getTime() - 5_000),
    completedAt,
    ...owner,
  };
}

async function createPrompt(
  prisma: PrismaClient,
  userId: string,
  name: string,
  status: 'DRAFT' | 'PUBLISHED',
) {
  const publishedAt = status === 'PUBLISHED' ? new Date() : null;
  const data = {
    name,
    description: `About ${name}`,
    template: '',
    variables: [],
    status,
    publishedAt,
    userId,
  };
  return prisma.prompt.create({ data });
}

describe('openPrisma', () => {
  it('creates each model from the fields of the data model alone', async () => {
    await using database = await setup();
    const { prisma } = database;
    const user = await prisma.user.upsert({
      where: { email: 'new@formaops.com' },
      update: {},
      create: { email: 'new@formaops.com', name: 'New User', plan: 'PRO' },
    });
    const prompt = await createPrompt(prisma, user.id, 'AI Code Reviewer', 'PUBLISHED');
    await prisma.validation.create({
      data: { name: 'Code Review Schema', type: 'SCHEMA', config: { type: 'object' }, promptId: prompt.id },
    });
    const owner = { userId: user.id, promptId: prompt.id };
    const { id } = await prisma.execution.create({ data: endedExecution(owner) });
    await prisma.executionLog.create({ data: { message: 'Done', executionId: id } });
    const stored = await prisma.execution.findUniqueOrThrow({ where: { id }, include: { logs: true } });
    expect(stored).toMatchObject({
      status: 'COMPLETED',
      priority: 'NORMAL',
      promptVersion: 1,
      latencyMs: 2340,
    });
    expect(stored.costUsd?.toFixed(6)).toBe('0.045000');
    expect(stored.logs).toEqual([
      expect.objectContaining({ level: 'INFO', message: 'Done', metadata: null }),
    ]);
  });

  it("answers the dashboard's list: a user's executions with their prompts, newest first, at most 20", async () => {
    await using database = await setup();
    const { prisma, userId, promptId } = database;
    const data = Array.from({ length: 25 }, (_, minutesAgo) => ({
      ...endedExecution({ userId, promptId }, minutesAgo),
      id: `e${minutesAgo}`,
      createdAt: new Date(Date.now() - minutesAgo * minute),
    }));
    await prisma.execution.createMany({ data });
    await prisma.execution.create({ data: endedExecution({ userId: 'demo-user-id', promptId }) });
    const recent = await prisma.execution.findMany({
      where: { userId },
      select: {
        id: true,
        status: true,
        latencyMs: true,
        costUsd: true,
        createdAt: true,
        prompt: { select: { id: true, name: true } },
      },
      orderBy: { createdAt: 'desc' },
      take: 20,
    });
    expect(recent.map(({ id }) => id)).toEqual(data.slice(0, 20).map(({ id }) => id));
    expect(recent[0]).toMatchObject({ latencyMs: 2340, prompt: { id: promptId, name: 'Test prompt' } });
  });

  it("answers the dashboard's figures of the last 24 hours", async () => {
    await using database = await setup();
    const { prisma, userId, promptId } = database;
    const execution = endedExecution({ userId, promptId });
    await prisma.execution.createMany({
      data: [
        { ...execution, latencyMs: 1_000, costUsd: '0.000001' },
        { ...execution, latencyMs: 2_000, costUsd: '0.1' },
        { ...execution, latencyMs: null, costUsd: null },
        { ...execution, latencyMs: 9_000, costUsd: '7', createdAt: new Date(Date.now() - 25 * 60 * minute) },
        { ...execution, userId: 'demo-user-id', latencyMs: 9_000, costUsd: '7' },
      ],
    });
    const metrics = await prisma.execution.aggregate({
      where: { userId, createdAt: { gte: new Date(Date.now() - 24 * 60 * minute) } },
      _count: { id: true },
      _avg: { latencyMs: true, costUsd: true },
      _sum: { costUsd: true },
    });
    expect(metrics).toMatchObject({ _count: { id: 3 }, _avg: { latencyMs: 1_500 } });
    expect(metrics._avg.costUsd?.toFixed()).toBe('0.0500005');
    expect(metrics._sum.costUsd?.toFixed()).toBe('0.100001');
  });

  it('searches published prompts of a user by name and description, whatever the case', async () => {
    await using database = await setup();
    const { prisma, userId } = database;
    await createPrompt(prisma, userId, 'AI Code Reviewer', 'PUBLISHED');
    await createPrompt(prisma, userId, 'Reviewer, not yet published', 'DRAFT');
    await createPrompt(prisma, 'demo-user-id', "Somebody else's reviewer", 'PUBLISHED');
    const search = (term: string) =>
      prisma.prompt.findMany({
        where: {
          userId,
          OR: [
            { name: { contains: term, mode: 'insensitive' } },
            { description: { contains: term, mode: 'insensitive' } },
          ],
          status: 'PUBLISHED',
        },
        take: 10,
      });
    expect((await search('rEVIEW')).map(({ name }) => name)).toEqual(['AI Code Reviewer']);
    expect((await search('about ai')).map(({ name }) => name)).toEqual(['AI Code Reviewer']);
    expect(await search('100%')).toEqual([]);
  });

  it('agrees with raw SQL about times', async () => {
    await using database = await setup();
    const { prisma, pool, userId, promptId } = database;
    const createdAt = new Date('2030-06-01T12:00:00.123Z');
    const { id } = await prisma.execution.create({ data: { inputs: {}, userId, promptId, createdAt } });
    const { rows } = await pool.query('SELECT created_at FROM executions WHERE id = $1', [id]);
    expect(rows).toEqual([{ created_at: createdAt }]);
  });

  it('leaves the pool open when it disconnects', async () => {
    await using database = await setup();
    await database.prisma.$disconnect();
    expect((await database.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
