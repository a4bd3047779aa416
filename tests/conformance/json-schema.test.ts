import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureJsonSchemaTestSuite } from '@formaops/local-services';
import { createSandboxedJudge } from '@formaops/validation';
import { afterAll, describe, expect, it, jest } from '@jest/globals';

jest.setTimeout(120_000);

const root = join(import.meta.dirname, '../..');
const dialects = {
  'draft2020-12': 'https://json-schema.org/draft/2020-12/schema',
  'draft2019-09': 'https://json-schema.org/draft/2019-09/schema',
  draft7: 'http://json-schema.org/draft-07/schema#',
  draft6: 'http://json-schema.org/draft-06/schema#',
  draft4: 'http://json-schema.org/draft-04/schema#',
};

interface Group {
  description: string;
  schema: boolean | Record<string, unknown>;
  tests: Array<{ description: string; data: unknown; valid: boolean }>;
}

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log };
const judge = createSandboxedJudge({ children: 2, log });
const exceptions = readExceptions();
const suite =
  process.env['JSON_SCHEMA_TEST_SUITE'] ??
  (await ensureJsonSchemaTestSuite({ cacheDir: join(root, '.formaops/cache') }));
const present = Object.entries(dialects).filter(([draft]) => existsSync(join(suite, 'tests', draft)));

afterAll(() => judge.close());

describe('SCHEMA validations', () => {
  it.each(present)(
    'judge as the official suite does by %s, but for what is listed',
    async (draft, $schema) => {
      const [agreed, others] = await compare(draft, $schema);
      expect(others.filter((name) => !exceptions.has(name))).toEqual([]);
      expect(agreed.filter((name) => exceptions.has(name))).toEqual([]);
    },
  );

  it('are compared by three drafts at least', () => {
    expect(present.map(([draft]) => draft)).toEqual(expect.arrayContaining(['draft4', 'draft6', 'draft7']));
  });
});

/** @returns the names of the tests that are judged as the suite says, and of the others. */
async function compare(draft: string, $schema: string): Promise<[string[], string[]]> {
  const folder = join(suite, 'tests', draft);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const agreed: string[] = [];
  const others: string[] = [];
  for (const file of files) {
    const groups: Group[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const { description, schema, tests } of groups) {
      const config = typeof schema === 'boolean' ? schema : { $schema, ...schema };
      const validations = [{ id: 'v', name: 'v', type: 'SCHEMA' as const, config }];
      for (const test of tests) {
        const output = JSON.stringify(test.data);
        const { verdicts } = await judge.judge({ tenantId: 'suite', output, validations });
        const expected = test.valid ? null : 'OUTPUT_SCHEMA_MISMATCH';
        const name = `${draft}/${file}: ${description} | ${test.description}`;
        (verdicts[0]?.code === expected ? agreed : others).push(name);
      }
    }
  }
  return [agreed, others];
}

/** The names in docs/schema-conformance.md. */
function readExceptions(): Set<string> {
  const names = new Set<string>();
  let file = '';
  for (const line of readFileSync(join(root, 'docs/schema-conformance.md'), 'utf8').split('\n')) {
    if (line.startsWith('### ')) file = line.slice(4);
    if (line.startsWith('- ')) names.add(`${file}: ${line.slice(2)}`);
  }
  return names;
}
