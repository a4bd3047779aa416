import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ApiDocument, renderMethods, renderRoutes } from './render-client-methods.ts';

const root = join(import.meta.dirname, '..');
const source = join(root, 'docs/api/openapi.json');
const generated = join(root, 'packages/client/src/generated');
const tool = join(root, '.formaops/client-codegen');
const run = promisify(execFile);

/** What the generated part of the client has to be. */
export async function clientFiles() {
  const text = await readFile(source, 'utf8');
  const document: ApiDocument = JSON.parse(text);
  return {
    /** Whole files. */
    rendered: { 'methods.ts': renderMethods(document), 'routes.ts': renderRoutes(document) },
    /** The first line of the types: what they are made of. Their tool is not there when tests run. */
    stamp: `// Made of docs/api/openapi.json (SHA-256 ${hash('sha256', text)}) by \`node scripts/render-docs.ts\`.`,
  };
}

/** The text of a generated file as it is; nothing where there is none. */
export function readGenerated(name: string): Promise<string> {
  return readFile(join(generated, name), 'utf8').catch(() => '');
}

/** Brings the generated part of the client up to date. */
export async function renderClient(): Promise<void> {
  const { rendered, stamp } = await clientFiles();
  await mkdir(generated, { recursive: true });
  for (const [name, text] of Object.entries(rendered)) await writeFile(join(generated, name), text);
  const types = await readGenerated('openapi.ts');
  if (types.startsWith(stamp)) return;
  const text = await renderTypes();
  await writeFile(
    join(generated, 'openapi.ts'),
    `${stamp}\n// Text: SHA-256 ${hash('sha256', text)}\n${text}`,
  );
}

async function renderTypes(): Promise<string> {
  const program = join(tool, 'node_modules/openapi-typescript/bin/cli.js');
  await mkdir(tool, { recursive: true });
  await cp(join(root, 'packages/client/codegen'), tool, { recursive: true });
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: tool });
  const { stdout } = await run(process.execPath, [program, source, '--default-non-nullable=false'], {
    maxBuffer: 64 * 1_024 * 1_024,
  });
  return stdout;
}
