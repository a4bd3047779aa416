import { describe, expect, it } from '@jest/globals';
import { $Enums, Prisma } from '../../generated/client.ts';
import { setup } from '../database.fixture.ts';
import { readCatalog } from './catalog.fixture.ts';

/** The fields of the product's data model, by their columns; `?` may be null, `=` has a default. */
const fields: Record<string, string> = {
  users: 'id email name? avatar_url? plan=FREE created_at= updated_at=',
  prompts: `id name description? template variables version=1 status=DRAFT tags?={} created_at= updated_at=
    published_at? user_id`,
  prompt_versions: 'id version template variables change_log? created_at= prompt_id',
  executions: `id inputs context? status=PENDING priority=NORMAL edge_function_id? output? validated_output?
    validation_status=PENDING token_usage? latency_ms? cost_usd? created_at= started_at? completed_at? user_id prompt_id`,
  validations: 'id name type config is_active=true created_at= updated_at= prompt_id',
  execution_logs: 'id level=INFO message metadata? timestamp= execution_id',
  api_keys: 'id name key_hash last_used? is_active=true created_at= user_id',
};

const types: Record<string, string> = {
  version: 'integer',
  latency_ms: 'integer',
  cost_usd: 'numeric(10,6)',
  is_active: 'boolean',
  tags: 'text[]',
  plan: '"UserPlan"',
  type: '"ValidationType"',
  level: '"LogLevel"',
  priority: '"Priority"',
  validation_status: '"ValidationStatus"',
  'prompts.status': '"PromptStatus"',
  'executions.status': '"ExecutionStatus"',
};
const json = new Set([
  'variables',
  'inputs',
  'context',
  'validated_output',
  'token_usage',
  'config',
  'metadata',
]);
const times = /(_at|timestamp|last_used)$/;

function typeOf(table: string, column: string): string {
  if (json.has(column)) return 'jsonb';
  if (times.test(column)) return 'timestamp(3) with time zone';
  return types[`${table}.${column}`] ?? types[column] ?? 'text';
}

describe('the data model', () => {
  it('has its tables with their columns, types, nulls and defaults', async () => {
    await using database = await setup();
    const { columns } = await readCatalog(database.pool);
    for (const [table, list] of Object.entries(fields)) {
      for (const field of list.split(/\s+/)) {
        const [, column = '', optional, hasDefault, value = ''] = /^(\w+)(\??)(=?)(.*)$/.exec(field) ?? [];
        const line =
          columns.find((one) => one.startsWith(`${table}.${column} `)) ?? `${table}.${column} is missing`;
        expect(line).toContain(`${table}.${column} ${typeOf(table, column)}`);
        expect([line, !line.includes('NOT NULL')]).toEqual([line, optional === '?']);
        expect([line, line.includes('DEFAULT')]).toEqual([line, hasDefault === '=']);
        expect(line).toContain(column === 'tags' ? 'ARRAY[]' : value);
      }
    }
  });

  it('has its seven enums with their labels in order', async () => {
    await using database = await setup();
    const { enums } = await readCatalog(database.pool);
    expect(enums).toEqual(
      expect.arrayContaining([
        'ExecutionStatus PENDING RUNNING COMPLETED FAILED CANCELLED',
        'LogLevel DEBUG INFO WARN ERROR',
        'Priority LOW NORMAL HIGH CRITICAL',
        'PromptStatus DRAFT PUBLISHED ARCHIVED',
        'UserPlan FREE PRO ENTERPRISE',
        'ValidationStatus PENDING PASSED FAILED SKIPPED',
        'ValidationType SCHEMA REGEX FUNCTION',
      ]),
    );
  });

  it('has its seven models and enums in the Prisma client', () => {
    const models = ['User', 'Prompt', 'PromptVersion', 'Execution', 'Validation', 'ExecutionLog', 'ApiKey'];
    expect(Object.keys(Prisma.ModelName)).toEqual(expect.arrayContaining(models));
    expect(Object.keys($Enums)).toEqual(
      expect.arrayContaining([
        'UserPlan',
        'PromptStatus',
        'ExecutionStatus',
        'ValidationStatus',
        'Priority',
        'ValidationType',
        'LogLevel',
      ]),
    );
  });
});
