import { readFile } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { FormaOps } from '@formaops/client';
import { CliError } from './exit-codes.ts';
import { cleanTerminal, toJson } from './output/clean-terminal.ts';
import type { Screen } from './output/screen.ts';
import type { Cell } from './output/table.ts';
import { facts, table } from './output/table.ts';
import { type ApiFlags, findApi } from './settings.ts';

/** What surrounds a command. */
export interface World {
  screen: Screen;
  env: NodeJS.ProcessEnv;
  stdin: Readable;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Instead of the platform's own. */
  fetch?: typeof globalThis.fetch;
}

/** Options that every command takes. */
export type GlobalFlags = ApiFlags & { json?: boolean };

/** What a command works with. */
export class Context {
  readonly screen: Screen;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Whether a script reads the result. */
  readonly json: boolean;
  readonly #world: World;
  readonly flags: GlobalFlags;
  #client: Promise<FormaOps> | undefined;

  constructor(world: World, flags: GlobalFlags) {
    this.#world = world;
    this.flags = flags;
    this.screen = world.screen;
    this.env = world.env;
    this.signal = world.signal;
    this.json = flags.json ?? false;
  }

  /** @throws CliError when nothing says which API, or as whom. */
  client(): Promise<FormaOps> {
    const { fetch } = this.#world;
    this.#client ??= findApi(this.flags, this.env).then(
      ({ apiUrl, apiKey }) => new FormaOps({ baseUrl: apiUrl, apiKey, ...(fetch && { fetch }) }),
    );
    return this.#client;
  }

  /** Shows a result: as one JSON document for scripts, else as `text` makes it. */
  show(result: unknown, text: () => string): void {
    this.screen.print(this.json ? toJson(result) : cleanTerminal(text()));
  }

  table(head: readonly string[], rows: ReadonlyArray<readonly Cell[]>): string {
    return rows.length === 0 ? 'None.' : table(head, rows, this.screen.columns);
  }

  facts(entries: ReadonlyArray<readonly [string, Cell]>): string {
    return facts(entries);
  }

  /** Reads a file, or what is piped in where the path is `-`; rejects when it is interrupted. */
  async read(path: string): Promise<string> {
    if (path === '-') return text(addAbortSignal(this.signal, this.#world.stdin));
    return readFile(path, 'utf8').catch((error: Error) => {
      throw new CliError(`${path} cannot be read: ${error.message}`);
    });
  }

  /** @throws CliError when what is read is no JSON. */
  async readJson(path: string): Promise<unknown> {
    return parseJson(await this.read(path), path === '-' ? 'standard input' : path);
  }
}

/** @throws CliError that says where the text comes from. */
export function parseJson(content: string, where: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new CliError(`${where} is not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
}
