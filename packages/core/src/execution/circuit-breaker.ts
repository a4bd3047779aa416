import type { Clock } from '../ports.ts';

/** What a call says about whom it called. `neither`: nothing, because somebody else caused its end. */
export type CallVerdict = 'succeeded' | 'failed' | 'neither';

export interface BreakerPolicy {
  /** Only calls that ended within this time count, in milliseconds. */
  windowMs: number;
  /** With fewer calls than this nothing is decided. */
  minCalls: number;
  /** The share of failures from which on calls are suspended, between 0 and 1. */
  failureShare: number;
  /** How long calls are suspended before one may try, in milliseconds. */
  openMs: number;
  /**
   * When given, the failures of one caller are not enough: without the caller who failed most, at least so many calls
   * must be left, with the same share of failures among them.
   */
  minOtherCalls?: number;
  /** How many keys are remembered; beyond, those that are not suspended are forgotten, the oldest first. */
  maxKeys: number;
}

export const defaultBreakerPolicy: BreakerPolicy = {
  windowMs: 30_000,
  minCalls: 20,
  failureShare: 0.5,
  openMs: 15_000,
  maxKeys: 1_000,
};

/** A call under way. */
export interface BegunCall {
  /** Only the first verdict counts. */
  end(verdict: CallVerdict): void;
}

export interface BreakerEvents {
  onOpen?(key: string, counts: { calls: number; failures: number }): void;
  onClose?(key: string): void;
}

/** One circuit breaker for each key. */
export interface CircuitBreakers {
  /** How long no call should be made, in milliseconds; 0 when one may be made now. */
  waitMs(key: string): number;
  /**
   * Notes that a call begins. Never refuses: ask `waitMs` before. The first call after a suspension is the one that
   * tries; `waitMs` keeps the others waiting until it has ended, or has taken as long as the suspension itself.
   */
  begin(key: string, caller: string): BegunCall;
  /** The keys for which `waitMs` is above 0. */
  suspended(): string[];
}

/** The latest calls are enough to tell a share, and keep memory bounded. */
const maxSamples = 200;

interface Sample {
  at: number;
  caller: string;
  isFailure: boolean;
}

interface Circuit {
  samples: Sample[];
  /** Null while calls flow; else when the next one may try. */
  openUntil: number | null;
  /** Grows whenever the circuit opens or closes: calls of an earlier time say nothing about now. */
  era: number;
  /** The call that tries. */
  probe: BegunCall | null;
}

/**
 * Suspends calls to what fails most of the time, and lets one call at a time find out whether it works again.
 *
 * @see https://martinfowler.com/bliki/CircuitBreaker.html
 */
export function createCircuitBreakers(
  clock: Pick<Clock, 'monotonicMs'>,
  events: BreakerEvents = {},
  policy: BreakerPolicy = defaultBreakerPolicy,
): CircuitBreakers {
  const circuits = new Map<string, Circuit>();

  const waitOf = ({ openUntil }: Circuit): number =>
    openUntil === null ? 0 : Math.max(0, openUntil - clock.monotonicMs());

  function circuitOf(key: string): Circuit {
    const known = circuits.get(key);
    if (known) return known;
    if (circuits.size >= policy.maxKeys) forgetOldest();
    const circuit: Circuit = { samples: [], openUntil: null, era: 0, probe: null };
    circuits.set(key, circuit);
    return circuit;
  }

  /** What is suspended stays: forgetting it would let its calls through. */
  function forgetOldest(): void {
    const oldest = circuits.entries().find(([, circuit]) => circuit.probe === null && waitOf(circuit) === 0);
    if (oldest) circuits.delete(oldest[0]);
  }

  function open(circuit: Circuit): void {
    Object.assign(circuit, { openUntil: clock.monotonicMs() + policy.openMs, samples: [], probe: null });
    circuit.era += 1;
  }

  function close(key: string, circuit: Circuit): void {
    Object.assign(circuit, { openUntil: null, samples: [], probe: null });
    circuit.era += 1;
    events.onClose?.(key);
  }

  function note(key: string, circuit: Circuit, caller: string, isFailure: boolean): void {
    const at = clock.monotonicMs();
    circuit.samples.push({ at, caller, isFailure });
    dropOld(circuit.samples, at - policy.windowMs);
    if (!isFailure || !isBroken(circuit.samples, policy)) return;
    const counts = { calls: circuit.samples.length, failures: failuresIn(circuit.samples) };
    open(circuit);
    events.onOpen?.(key, counts);
  }

  /** A try that is late may still close the circuit; only the latest one may prolong the suspension. */
  function judgeProbe(key: string, circuit: Circuit, call: BegunCall, verdict: CallVerdict): void {
    if (verdict === 'succeeded') {
      close(key, circuit);
    } else if (circuit.probe === call) {
      circuit.probe = null;
      circuit.openUntil = clock.monotonicMs() + (verdict === 'failed' ? policy.openMs : 0);
    }
  }

  return {
    waitMs(key) {
      const circuit = circuits.get(key);
      return circuit ? waitOf(circuit) : 0;
    },
    begin(key, caller) {
      const circuit = circuitOf(key);
      const { era } = circuit;
      const isOpen = circuit.openUntil !== null;
      const isProbe = isOpen && waitOf(circuit) === 0;
      let hasEnded = false;
      const call: BegunCall = {
        end(verdict) {
          if (hasEnded || circuit.era !== era || circuits.get(key) !== circuit) return;
          hasEnded = true;
          if (isProbe) judgeProbe(key, circuit, call, verdict);
          else if (!isOpen && verdict !== 'neither') note(key, circuit, caller, verdict === 'failed');
        },
      };
      if (isProbe) Object.assign(circuit, { probe: call, openUntil: clock.monotonicMs() + policy.openMs });
      return call;
    },
    suspended: () => [...circuits].filter(([, circuit]) => waitOf(circuit) > 0).map(([key]) => key),
  };
}

/** They are in the order of time. */
function dropOld(samples: Sample[], before: number): void {
  const firstYoung = samples.findIndex(({ at }) => at > before);
  const tooMany = samples.length - maxSamples;
  const old = Math.max(firstYoung, tooMany);
  if (old > 0) samples.splice(0, old);
}

function isBroken(
  samples: readonly Sample[],
  { minCalls, minOtherCalls, failureShare }: BreakerPolicy,
): boolean {
  const isFailing = (some: readonly Sample[]) => failuresIn(some) >= failureShare * some.length;
  if (samples.length < minCalls || !isFailing(samples)) return false;
  if (minOtherCalls === undefined) return true;
  const worst = worstCaller(samples);
  const others = samples.filter(({ caller }) => caller !== worst);
  return others.length >= minOtherCalls && isFailing(others);
}

function failuresIn(samples: readonly Sample[]): number {
  return samples.filter(({ isFailure }) => isFailure).length;
}

/** The caller with the most failures. */
function worstCaller(samples: readonly Sample[]): string | undefined {
  const failures = new Map<string, number>();
  for (const { caller, isFailure } of samples)
    if (isFailure) failures.set(caller, (failures.get(caller) ?? 0) + 1);
  return [...failures].toSorted(([, one], [, other]) => other - one)[0]?.[0];
}
