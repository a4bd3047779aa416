import type { Schemas } from '@formaops/client';
import type { Context } from '../context.ts';
import { parseJson } from '../context.ts';
import { CliError } from '../exit-codes.ts';

type Variable = Schemas['Variable'];

export interface InputFlags {
  input?: string[];
  inputs?: string;
}

/**
 * What a prompt is given: a JSON object from a file, and single values over it. A value is text where the variable wants
 * text, else JSON; `@file` is what the file holds.
 *
 * @throws CliError for what cannot be read.
 */
export async function readInputs(
  { input = [], inputs }: InputFlags,
  variables: readonly Variable[],
  context: Context,
): Promise<Record<string, unknown>> {
  const fromFile = inputs === undefined ? {} : asObject(await context.readJson(inputs), '--inputs');
  const single = await Promise.all(
    input.map(async (text) => {
      const { name, value } = split(text);
      const type = variables.find((variable) => variable.name === name)?.type ?? 'string';
      const content = value.startsWith('@') ? await context.read(value.slice(1)) : value;
      return [name, type === 'string' ? content : parseJson(content, `--input ${name}`)] as const;
    }),
  );
  return { ...fromFile, ...Object.fromEntries(single) };
}

function split(text: string): { name: string; value: string } {
  const at = text.indexOf('=');
  if (at < 1) throw new CliError(`--input ${text} must look like name=value, or name=@file`);
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

/** @throws CliError when it is something else. */
export function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new CliError(`${what} must be a JSON object`);
}
