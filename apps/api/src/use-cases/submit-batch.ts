import { setImmediate } from 'node:timers/promises';
import { type FormaError, isFormaError } from '@formaops/core';
import type { Caller } from '@formaops/db';
import type { ApiDeps } from '../api-deps.ts';
import type { KnownPrompts } from '../background/known-prompts.ts';
import { asFormaError } from '../http/error-handler.ts';
import { type Submission, type Submitted, submitExecution } from './submit-execution.ts';

/** What became of one item of a batch. */
export type BatchAnswer = Submitted | FormaError;

/** Items that are stored at the same time; what others submit meanwhile shares their statements. */
const maxTogether = 100;
const maxBytesTogether = 1_000_000;
/** How long items are read, or checked and rendered, before others get their turn, in milliseconds. */
const turnMs = 10;

/**
 * Submits many executions, each as {@link submitExecution} would: one that is refused keeps none of the others from being
 * stored. When the database is away or has too much to do for all of a group, those that are left are refused as well,
 * without being tried.
 *
 * @param read makes a submission of what was sent; what it throws is the answer to that one.
 * @returns an answer for each, in their order.
 */
export async function submitBatch<Item>(
  items: readonly Item[],
  read: (item: Item) => Submission,
  caller: Caller,
  deps: ApiDeps,
): Promise<BatchAnswer[]> {
  const answers: BatchAnswer[] = [];
  const unhurried = { ...deps, prompts: inTurns(deps.prompts) };
  let refusal: FormaError | undefined;
  for await (const group of readInGroups(items, read)) {
    const submit = (one: Submission) =>
      refusal ?? submitExecution(one, caller, unhurried).catch(asFormaError);
    const answered = await Promise.all(group.map((one) => (isFormaError(one) ? one : submit(one))));
    // Where others were stored, it is a single item that has to wait for somebody.
    if (answered.every(isFormaError)) refusal ??= answered.find(isAway);
    answers.push(...answered);
  }
  return answers;
}

/**
 * Finds prompts one after the other, and lets others have their turn in between: what is found is then checked and rendered
 * with an item, which takes some milliseconds for the largest templates, and the items of a group would all do it at once.
 * Each prompt is doubted once, before it is found: what was looked up since the batch came is new enough for all of its items.
 */
function inTurns(prompts: KnownPrompts): KnownPrompts {
  const pause = createPause();
  const doubted = new Set<string>();
  let line = Promise.resolve();
  return {
    async find(choice) {
      const name = `${choice.promptId} ${choice.promptVersion ?? 0}`;
      if (!doubted.has(name)) prompts.doubt(choice);
      doubted.add(name);
      const found = await prompts.find(choice);
      line = line.then(pause);
      await line;
      return found;
    },
    forget: (choice) => prompts.forget(choice),
    doubt: () => false,
  };
}

/** @returns lets others have their turn when the present one has lasted long enough. */
function createPause(): () => Promise<void> {
  let endsAt = performance.now() + turnMs;
  return async () => {
    if (performance.now() <= endsAt) return;
    await setImmediate();
    endsAt = performance.now() + turnMs;
  };
}

const isAway = ({ code }: FormaError) => code === 'DATABASE_UNAVAILABLE' || code === 'DATABASE_BUSY';

/** Reads items until there are enough of them to be stored together; from time to time others get their turn. */
async function* readInGroups<Item>(
  items: readonly Item[],
  read: (item: Item) => Submission,
): AsyncGenerator<Array<Submission | FormaError>> {
  let group: Array<Submission | FormaError> = [];
  let bytes = 0;
  const pause = createPause();
  for (const item of items) {
    const one = attempt(() => read(item));
    const size = isFormaError(one) ? 0 : one.bodyBytes;
    if (group.length === maxTogether || (group.length > 0 && bytes + size > maxBytesTogether)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(one);
    bytes += size;
    await pause();
  }
  if (group.length > 0) yield group;
}

function attempt<T>(make: () => T): T | FormaError {
  try {
    return make();
  } catch (error) {
    return asFormaError(error);
  }
}
