import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');

/** A service of docker-compose.yml, as far as tests look at it. */
export interface Service {
  image?: string;
  build?: { dockerfile: string; target: string };
  environment?: Record<string, string | null>;
  restart: string;
  init?: boolean;
  healthcheck?: object;
  stop_grace_period?: string;
  read_only: boolean;
  cap_drop: string[];
  security_opt: string[];
  mem_limit: string;
  ports?: string[];
  container_name?: string;
}

/** A stage of infra/Dockerfile with its instructions, those of the stages it is built on included. */
export interface Stage {
  name: string;
  /** An image, or the name of an earlier stage. */
  from: string;
  instructions: Array<{ name: string; rest: string }>;
}

export function readRepositoryFile(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8');
}

export async function readServices(): Promise<Record<string, Service>> {
  return parse(await readRepositoryFile('docker-compose.yml'), { merge: true }).services;
}

export async function readStages(): Promise<Map<string, Stage>> {
  const text = await readRepositoryFile('infra/Dockerfile');
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages = new Map<string, Stage>();
  let current: Stage | undefined;
  for (const line of lines.filter((one) => one !== '')) {
    const [, image, stage] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
    if (image && stage) {
      current = { name: stage, from: image, instructions: [...(stages.get(image)?.instructions ?? [])] };
      stages.set(stage, current);
    } else {
      const [, name = '', rest = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
      current?.instructions.push({ name, rest });
    }
  }
  return stages;
}

/** What an instruction that may be given again ends up with. */
export function lastOf(stage: Stage | undefined, instruction: string): string | undefined {
  return stage?.instructions.findLast(({ name }) => name === instruction)?.rest;
}
