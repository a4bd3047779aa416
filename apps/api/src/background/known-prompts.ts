import { findRunnablePrompt, type Queryable, type RunnablePrompt } from '@formaops/db';
import { LRUCache } from 'lru-cache';

/** Which prompt to run; its current version where none is given. */
export interface PromptChoice {
  userId: string;
  promptId: string;
  promptVersion?: number | undefined;
}

/**
 * Remembers prompts that were run lately. What it says may be old by some seconds, except for the types of validations
 * that is found out when an execution is stored, so nobody runs what has changed.
 */
export interface KnownPrompts {
  /** @returns null when the user has no such prompt; that is not remembered. */
  find(choice: PromptChoice): Promise<RunnablePrompt | null>;
  /** It has changed: the next one looks it up. */
  forget(choice: PromptChoice): void;
  /** It may have changed. @returns whether to look again, and may be told something else then. */
  doubt(choice: PromptChoice): boolean;
}

const rememberedMs = 5_000;

/** Characters of templates and variables at most. */
const maxSize = 16_000_000;

export function createKnownPrompts(db: Queryable): KnownPrompts {
  const prompts = new LRUCache<string, LookUp, PromptChoice>({
    maxSize,
    sizeCalculation: sizeOf,
    ttl: rememberedMs,
    // Whoever waits for a look-up is answered, also when it is forgotten meanwhile.
    ignoreFetchAbort: true,
    fetchMethod: async (_key, _stale, { context: { userId, promptId, promptVersion } }) => ({
      found: await findRunnablePrompt(db, userId, promptId, promptVersion),
    }),
  });
  return {
    async find(choice) {
      const key = keyOf(choice);
      const { found = null } = (await prompts.fetch(key, { context: choice })) ?? {};
      if (found === null) prompts.delete(key);
      return found;
    },
    forget: (choice) => void prompts.delete(keyOf(choice)),
    doubt(choice) {
      prompts.delete(keyOf(choice));
      return true;
    },
  };
}

/** Wrapped, because a look-up that finds nothing and is forgotten meanwhile would be an error to the cache. */
interface LookUp {
  found: RunnablePrompt | null;
}

function sizeOf({ found }: LookUp): number {
  return 500 + (found === null ? 0 : found.template.length + JSON.stringify(found.variables).length);
}

function keyOf({ userId, promptId, promptVersion = 0 }: PromptChoice): string {
  return `${userId} ${promptId} ${promptVersion}`;
}
