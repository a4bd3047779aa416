import { descendantsOf, type ProcessId, useOf } from './rig/process-table.ts';
import type { Rig } from './rig/rig.ts';

export interface Sample {
  at: number;
  process: string;
  life: number;
  rssMb: number;
  openFiles: number;
}

export interface Sampler {
  readonly samples: readonly Sample[];
  /** Everything that processes of the product have ever started. */
  readonly descendants: readonly ProcessId[];
  stop(): void;
}

const intervalMs = 1_000;

/** Looks at the processes once a second: what they use, and what they have started. */
export function startSampler({ processes }: Rig): Sampler {
  const samples: Sample[] = [];
  const descendants = new Map<string, ProcessId>();
  const look = () => {
    for (const { lives } of processes) {
      const life = lives.at(-1);
      if (life === undefined || life.endedAt !== null) continue;
      const use = useOf(life.pid);
      if (use !== null) samples.push({ at: Date.now(), process: life.process, life: life.life, ...use });
      for (const one of [...life.descendants, ...descendantsOf(life.pid)])
        descendants.set(`${one.pid} ${one.startedAt}`, one);
    }
  };
  const timer = setInterval(look, intervalMs);
  return {
    samples,
    get descendants() {
      return [...descendants.values()];
    },
    stop: () => clearInterval(timer),
  };
}
