import { fileURLToPath } from 'node:url';
import { type Child, startChild } from './child-process.ts';
import type { LoadPlan, LoadResult } from './load/load-plan.ts';
import { type CpuSample, cpuMsOf, type Roles, sampleCpu } from './sample.ts';
import type { Size } from './scenarios/scenario.ts';
import type { Services } from './services.ts';
import type { ProcessSpec, Subject } from './subjects/subject.ts';
import type { OwnTarget } from './target.ts';

export interface RunOptions {
  services: Services;
  subject: Subject;
  target: OwnTarget;
  size: Size;
  concurrency: number;
  profileDir: string | undefined;
  /** Starts the names of its processes. */
  name: string;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** In place of the subject's own. */
  spec?: ProcessSpec;
}

/** The surroundings of one repetition of one row: processes by role, and what is measured of them. */
export interface Run extends RunOptions {
  startApi(options?: StartOptions): Promise<Child>;
  startWorker(options?: StartOptions): Promise<Child>;
  /** A process that belongs to neither. */
  startOther(role: string, spec: ProcessSpec): Promise<Child>;
  /** Runs a load process from beginning to end; `onWindow` is called as the measured time begins and ends. */
  load(
    kind: 'closed-loop' | 'open-loop',
    plan: Omit<LoadPlan, 'apiKey' | 'promptId' | 'run' | 'warmUpSeconds'> & { warmUpSeconds?: number },
    onWindow?: (edge: 'measuring' | 'measured') => void,
  ): Promise<LoadResult>;
  cpu(): CpuSample;
  /** CPU-ms of each of PostgreSQL's connections so far, by what they call themselves. */
  postgresCpu(): Promise<Record<string, number>>;
  stop(role: string): Promise<void>;
  stopAll(): Promise<void>;
}

export function createRun(options: RunOptions): Run {
  const { services, subject, target, name } = options;
  const children = new Map<string, Child[]>();
  let loads = 0;

  const start = async (role: string, spec: ProcessSpec, { env = {} }: StartOptions = {}) => {
    const profileDir = role === 'load' ? undefined : options.profileDir;
    const child = await startChild(spec, { name: `${name}-${role}`, profileDir, env });
    children.set(role, [...(children.get(role) ?? []), child]);
    return child;
  };
  const pids = (role: string) => (children.get(role) ?? []).map(({ pid }) => pid);
  const roles = (): Roles => ({
    ...Object.fromEntries([...children.keys()].map((role) => [role, pids(role)])),
    postgres: [services.postgres.pid],
    redis: [services.redis.pid],
  });
  const stop = async (role: string) => {
    const stopping = children.get(role) ?? [];
    children.delete(role);
    await Promise.all(stopping.map((child) => child.stop()));
  };

  return {
    ...options,
    startApi: (start_ = {}) => start('api', start_.spec ?? subject.api(target), start_),
    startWorker: (start_ = {}) =>
      start('worker', start_.spec ?? subject.worker(target, { concurrency: options.concurrency }), start_),
    startOther: (role, spec) => start(role, spec),
    async load(kind, plan, onWindow = () => undefined) {
      loads += 1;
      const { apiKey, promptId } = target;
      const full: LoadPlan = { warmUpSeconds: 0, ...plan, apiKey, promptId, run: `${name}-${loads}` };
      const script = fileURLToPath(new URL(`./load/${kind}.ts`, import.meta.url));
      const child = await start('load', { script, args: [JSON.stringify(full)], env: {} });
      return new Promise<LoadResult>((resolve, reject) => {
        child.onMessage((message) => {
          if (message['measuring']) onWindow('measuring');
          if (message['measured']) onWindow('measured');
          if (message['result']) resolve(message['result'] as LoadResult);
        });
        void child.ended.then((how) => reject(new Error(`the load process ended early: ${how}`)));
      }).finally(() => children.delete('load'));
    },
    cpu: () => sampleCpu(roles()),
    async postgresCpu() {
      const { rows } = await target.db.query<{ pid: number; name: string }>(
        `SELECT pid, coalesce(nullif(application_name, ''), backend_type) AS name FROM pg_stat_activity
         WHERE datname = current_database() OR datname IS NULL`,
      );
      const used: Record<string, number> = {};
      for (const { pid, name } of rows) used[name] = (used[name] ?? 0) + cpuMsOf(pid);
      return used;
    },
    stop,
    async stopAll() {
      await Promise.all([...children.keys()].map(stop));
    },
  };
}
