import { newId } from '@formaops/db';
import { modelSimulator, openAiWorker } from '../subjects/formaops/subject.ts';
import { instantSchema } from '../subjects/instant-provider.ts';
import { measureDrain } from './measure-drain.ts';
import type { Scenario } from './scenario.ts';

/** How many waiting executions one worker gets done. */
export const drain: Scenario = {
  name: 'drain',
  title: 'Drain: a backlog, 1 worker',
  headline: 'perSecond',
  quick: 'everybody',
  isFor: () => true,
  run: (run) => measureDrain(run, { workers: 1 }),
};

export const drainTwo: Scenario = {
  name: 'drain-2',
  title: 'Drain: a backlog, 2 workers',
  headline: 'perSecond',
  quick: 'nobody',
  isFor: () => true,
  run: (run) => measureDrain(run, { workers: 2 }),
};

/** The product alone: rivals have no sandbox to validate in. */
export const drainSchema: Scenario = {
  name: 'drain-schema',
  title: 'Drain with a SCHEMA validation in the sandbox, 1 worker',
  headline: 'perSecond',
  quick: 'product',
  isFor: ({ name }) => name === 'formaops',
  run: (run) =>
    measureDrain(run, {
      workers: 1,
      async prepare({ target }) {
        await target.db.query(
          `INSERT INTO validations (id, name, type, config, prompt_id) VALUES ($1, 'Ten texts', 'SCHEMA', $2, $3)`,
          [newId(), JSON.stringify(instantSchema), target.promptId],
        );
      },
    }),
};

/** As users run it, with the client of their provider; the simulator takes part of the machine. */
export const drainOpenAi: Scenario = {
  name: 'drain-openai',
  title: 'Drain through the `openai` client and the model simulator, 1 worker',
  headline: 'perSecond',
  quick: 'product',
  isFor: ({ name }) => name === 'formaops',
  async run(run) {
    const simulator = await run.startOther('simulator', modelSimulator);
    const spec = openAiWorker(run.target, run, String(simulator.ready['url']));
    // 1 KB in some sixty pieces.
    const model = 'gpt-4o-mini:huge=1024';
    return measureDrain(run, { workers: 1, model, startWorker: () => run.startWorker({ spec }) });
  },
};
