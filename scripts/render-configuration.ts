import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = 'docs/configuration.md';

/** One variable as JSON Schema tells it: what `env.ts` of a process says about it. */
export interface Setting {
  description: string;
  type: string;
  format?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  pattern?: string;
  default?: string | number;
}

/** Everything a process reads from its environment. */
export interface ProcessSettings {
  settings: Record<string, Setting>;
  /** Names of those without which the process does not start. */
  required: string[];
}

/** What is used of a Zod schema. */
interface EnvSchema {
  toJSONSchema(options: { io: 'input' }): { properties: Record<string, Setting>; required?: string[] };
}

/** The processes that are configured by their environment: the folder in `apps`, and what it is called. */
export const processes = { api: 'API', worker: 'Worker', 'model-simulator': 'Model simulator' };

export type ProcessName = keyof typeof processes;

/** Reads the settings of a process from the schema that it parses its environment with. */
export async function readSettings(name: ProcessName): Promise<ProcessSettings> {
  const { envSchema } = (await import(join(root, `apps/${name}/src/env.ts`))) as { envSchema: EnvSchema };
  const { properties, required = [] } = envSchema.toJSONSchema({ io: 'input' });
  return { settings: properties, required };
}

/** The text of docs/configuration.md. */
export async function renderConfiguration(): Promise<string> {
  const names = Object.keys(processes) as ProcessName[];
  const sections = await Promise.all(
    names.map(async (name) => `## ${processes[name]}\n\n${renderTable(await readSettings(name))}\n`),
  );
  return `<!-- Rendered from apps/*/src/env.ts by \`node scripts/render-configuration.ts\`; a test compares them. -->

# Configuration

Each process reads its environment once, before it connects to anything. An empty variable counts as unset. When
something is wrong it prints every problem, without values, and ends with exit code 78. Names that end in \`_MS\` are
milliseconds.

${sections.join('\n')}
## Migration and audit

\`infra/migrate.ts\` reads \`DATABASE_URL\`, \`DATABASE_DIRECT_URL\`, over which it migrates where it is set, and \`QUEUE_URL\`.
\`infra/audit.ts\` reads the same three; without \`DATABASE_URL\` it audits a local stack that runs.
`;
}

function renderTable({ settings, required }: ProcessSettings): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const standard = required.includes(name) ? '**required**' : describeDefault(setting);
    return `| \`${name}\` | ${describeValues(setting)} | ${standard} | ${setting.description} |`;
  });
  return ['| Variable | Values | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function describeValues(setting: Setting): string {
  if (setting.enum) return setting.enum.map((value) => `\`${value}\``).join(', ');
  if (setting.type === 'integer') return `${setting.minimum} to ${setting.maximum}`;
  if (setting.format === 'uri') return 'address';
  if (setting.pattern) return `\`${setting.pattern}\``;
  return setting.minLength && setting.minLength > 1 ? `text of ${setting.minLength} or more` : 'text';
}

function describeDefault({ default: standard }: Setting): string {
  if (standard === undefined || standard === '') return 'unset';
  return String(standard).includes(' ') ? String(standard) : `\`${standard}\``;
}

if (import.meta.main) await writeFile(join(root, target), await renderConfiguration());
