import type { JsonObject, UserPlan, ValidationType, VariableDefinition } from '@formaops/core';
import { insertExecutions, issueApiKey, type NewExecution, newId, type Queryable } from '@formaops/db';

export interface TestUser {
  userId: string;
  apiKey: string;
}

export async function createUser(db: Queryable, plan: UserPlan = 'ENTERPRISE'): Promise<TestUser> {
  const userId = newId();
  await db.query('INSERT INTO users (id, email, plan) VALUES ($1, $2, $3)', [
    userId,
    `${userId}@test.invalid`,
    plan,
  ]);
  return { userId, apiKey: await issueApiKey(db, userId, 'test') };
}

export interface PromptOptions {
  userId: string;
  template?: string;
  variables?: VariableDefinition[];
  status?: 'DRAFT' | 'PUBLISHED' | 'ARCHIVED';
}

/** A published prompt that sends its one variable, `text`, to the model. */
export async function createPrompt(db: Queryable, options: PromptOptions): Promise<string> {
  const id = newId();
  const variables = options.variables ?? [{ name: 'text', type: 'string', required: true }];
  await db.query(
    `INSERT INTO prompts (id, name, template, variables, status, published_at, user_id)
     VALUES ($1, 'Test prompt', $2, $3, $4, now(), $5)`,
    [
      id,
      options.template ?? '{{text}}',
      JSON.stringify(variables),
      options.status ?? 'PUBLISHED',
      options.userId,
    ],
  );
  return id;
}

export async function createValidation(
  db: Queryable,
  options: { promptId: string; type?: ValidationType; config: JsonObject },
): Promise<string> {
  const id = newId();
  await db.query(
    `INSERT INTO validations (id, name, type, config, prompt_id)
     SELECT $1, 'Test' || coalesce(' ' || nullif(count(*), 0), ''), $2, $3, $4 FROM validations WHERE prompt_id = $4`,
    [id, options.type ?? 'SCHEMA', JSON.stringify(options.config), options.promptId],
  );
  return id;
}

/** A PENDING execution, stored without ringing a bell. @returns its id. */
export async function createExecution(
  db: Queryable,
  { userId, promptId }: { userId: string; promptId: string },
  changes: Partial<NewExecution> = {},
): Promise<string> {
  const execution: NewExecution = {
    id: newId(),
    userId,
    promptId,
    promptVersion: 1,
    inputs: { text: 'hello' },
    context: null,
    priority: 'NORMAL',
    model: 'gpt-4o-mini',
    parameters: {},
    maxAttempts: 3,
    timeoutMs: 10_000,
    deadlineMs: 3_600_000,
    bellLostMs: 5_000,
    ...changes,
  };
  await insertExecutions(db, [execution]);
  return execution.id;
}
