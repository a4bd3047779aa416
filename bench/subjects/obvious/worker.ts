import { randomUUID } from 'node:crypto';
import type { JsonObject, ModelParameters } from '@formaops/core';
import { runBullmqWorker } from '../peer/bullmq-queue.ts';
import { callModel } from '../peer/call-model.ts';
import { peerWorkerId, runPeerWorker } from '../peer/peer-worker.ts';
import { readPeerEnv } from '../peer-env.ts';
import { openPeerPrisma } from './prisma.ts';

const env = readPeerEnv();
const { prisma, close } = await openPeerPrisma(env.databaseUrl, 'worker');

/** Versions of prompts never change, so one look is enough. */
const templates = new Map<string, string>();

const worker = runBullmqWorker(env, async (id) => {
  const startedAt = new Date();
  const { attempt, timeoutMs, ...execution } = await prisma.execution.update({
    where: { id },
    data: {
      status: 'RUNNING',
      startedAt,
      attempt: { increment: 1 },
      edgeFunctionId: peerWorkerId,
    },
    select: {
      attempt: true,
      inputs: true,
      model: true,
      parameters: true,
      timeoutMs: true,
      promptId: true,
      promptVersion: true,
    },
  });
  const answer = await callModel({
    id,
    attempt,
    template: await templateOf(execution.promptId, execution.promptVersion),
    inputs: execution.inputs as JsonObject,
    model: execution.model,
    parameters: execution.parameters as ModelParameters,
    timeoutMs,
  });
  const { output, tokenUsage, inputTokens, outputTokens, latencyMs, costUsd } = answer;
  const endedAt = new Date();
  await prisma.executionAttempt.create({
    data: {
      executionId: id,
      attempt,
      token: randomUUID(),
      workerId: peerWorkerId,
      startedAt,
      endedAt,
      outcome: 'SUCCEEDED',
      providerRequestId: answer.providerRequestId,
      inputTokens,
      outputTokens,
      costUsd,
      latencyMs,
    },
    select: { attempt: true },
  });
  const logs = [
    {
      message: 'Attempt started',
      timestamp: startedAt,
      metadata: { attempt, workerId: peerWorkerId, model: execution.model },
    },
    {
      message: 'Model answered',
      timestamp: endedAt,
      metadata: { latencyMs, inputTokens, outputTokens, usageIsEstimated: false, finishReason: 'stop' },
    },
    {
      message: 'Output judged',
      timestamp: endedAt,
      metadata: { validationStatus: 'SKIPPED', validations: 0 },
    },
    {
      message: 'Execution completed',
      timestamp: endedAt,
      metadata: { attempt, validationStatus: 'SKIPPED', latencyMs, costUsd },
    },
  ];
  await prisma.execution.update({
    where: { id },
    data: {
      status: 'COMPLETED',
      completedAt: endedAt,
      output,
      validationStatus: 'SKIPPED',
      tokenUsage,
      latencyMs,
      costUsd,
      spentUsd: costUsd,
      logs: { createMany: { data: logs } },
    },
    select: { id: true },
  });
});

async function templateOf(promptId: string, version: number): Promise<string> {
  const key = `${promptId}#${version}`;
  const known = templates.get(key);
  if (known !== undefined) return known;
  const { template } = await prisma.promptVersion.findUniqueOrThrow({
    where: { promptId_version: { promptId, version } },
  });
  templates.set(key, template);
  return template;
}

runPeerWorker(async () => {
  await worker.close();
  await close();
});
