import { fill } from './fill.ts';
import { jobBytes, queueBytes } from './queue-size.ts';
import type { Scenario } from './scenario.ts';

/** What an execution costs in the queue while it waits. */
export const queueCost: Scenario = {
  name: 'queue-cost',
  title: 'Queue: bytes per waiting execution',
  headline: 'queueBytesPer',
  quick: 'product',
  once: true,
  isFor: ({ isVariant }) => !isVariant,
  async run(run) {
    // The first one brings what there is once, such as scripts and settings.
    await fill(run, 1);
    const before = await queueBytes(run);
    const count = (await fill(run, run.size.backlog)) - 1;
    const job = await jobBytes(run);
    return {
      figures: {
        queueBytesPer: ((await queueBytes(run)) - before) / count,
        ...(job !== null && { jobBytesPer: job }),
      },
    };
  },
};
