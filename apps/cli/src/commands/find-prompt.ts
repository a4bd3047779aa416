import type { Schemas } from '@formaops/client';
import type { Context } from '../context.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { takeFirst } from './take-first.ts';

/**
 * Finds a prompt by its id, or by its whole name, whatever the case.
 *
 * @throws CliError when there is none, or several have this name.
 */
export async function findPrompt(idOrName: string, context: Context): Promise<Schemas['PromptDetails']> {
  const client = await context.client();
  const { signal } = context;
  const byId = /^[\w-]{1,64}$/.test(idOrName)
    ? await client.request('getPrompt', { path: { id: idOrName }, signal }).catch(orNull)
    : null;
  if (byId) return byId;
  // Names are stored composed; what a shell completes from file names may not be.
  const wanted = idOrName.normalize('NFC').toLowerCase();
  const similar = await takeFirst(Number.POSITIVE_INFINITY, (page) =>
    client.request('listPrompts', { query: { q: idOrName, ...page }, signal }),
  );
  const named = similar.filter(({ name }) => name.toLowerCase() === wanted);
  const [prompt, another] = named;
  if (!prompt)
    throw new CliError(
      `There is no prompt ${idOrName}.\nformaops prompts list shows yours.`,
      exitCodes.notFound,
    );
  if (another) {
    const ids = named.map(({ id }) => `  ${id}`).join('\n');
    throw new CliError(`Several prompts are called ${idOrName}; say which by its id:\n${ids}`);
  }
  return client.request('getPrompt', { path: { id: prompt.id }, signal });
}

function orNull(error: unknown): null {
  if (error instanceof Error && 'status' in error && error.status === 404) return null;
  throw error;
}
