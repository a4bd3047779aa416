import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type MachineState,
  type Move,
  maxCrashAttempts,
  step,
  submittedState,
  whyNotClaimable,
} from './machine.ts';
import { isTerminal, terminalStatuses } from './status.ts';

const maxAttempts = 3;
const leaseMs = 30_000;
const deadlineMs = 600_000;

/** Something that happens to one execution while several workers run: a move of theirs, or that time goes by. */
type Happening =
  | { kind: 'claim' | 'heartbeat'; worker: number }
  | { kind: 'lose'; worker: number }
  | { kind: 'settle'; worker: number; status: (typeof terminalStatuses)[number] }
  | { kind: 'handBack'; worker: number; charged: boolean; delayMs: number }
  | { kind: 'requestCancel' | 'rescue' | 'expire' }
  | { kind: 'wait'; ms: number };

const worker = fc.integer({ min: 0, max: 2 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constantFrom('claim' as const, 'heartbeat' as const), worker }),
  fc.record({ kind: fc.constant('lose' as const), worker }),
  fc.record({ kind: fc.constant('settle' as const), worker, status: fc.constantFrom(...terminalStatuses) }),
  fc.record({
    kind: fc.constant('handBack' as const),
    worker,
    charged: fc.boolean(),
    delayMs: fc.integer({ min: 0, max: 60_000 }),
  }),
  fc.record({ kind: fc.constantFrom('requestCancel' as const, 'rescue' as const, 'expire' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 45_000 }) }),
);

/** The execution, the clock, and what each worker believes to hold: a zombie still shows its old token. */
interface World {
  state: MachineState;
  now: number;
  tokens: string[];
  claims: number;
  settled: string[];
  charged: number;
  released: number;
  isWishAcknowledged: boolean;
}

function begin(runAt: number | null): World {
  const state = submittedState({ maxAttempts, runAt, deadlineAt: (runAt ?? 0) + deadlineMs });
  return {
    state,
    now: 0,
    tokens: ['', '', ''],
    claims: 0,
    settled: [],
    charged: 0,
    released: 0,
    isWishAcknowledged: false,
  };
}

function moveOf(what: Exclude<Happening, { kind: 'wait' | 'lose' }>, world: World): Move {
  const token = 'worker' in what ? (world.tokens[what.worker] ?? '') : '';
  switch (what.kind) {
    case 'claim':
      return { kind: 'claim', token: `token-${world.claims + 1}`, leaseMs };
    case 'heartbeat':
      return { kind: 'heartbeat', token, leaseMs };
    case 'settle':
      return { kind: 'settle', token, status: what.status };
    case 'handBack':
      return { kind: 'handBack', token, charged: what.charged, delayMs: what.delayMs };
    default:
      return { kind: what.kind };
  }
}

/** Lets it happen, and checks that this one step kept the law. */
function happen(world: World, what: Happening): void {
  if (what.kind === 'wait') {
    world.now += what.ms;
    return;
  }
  if (what.kind === 'lose') {
    world.tokens[what.worker] = '';
    return;
  }
  const move = moveOf(what, world);
  const before = world.state;
  const after = step(before, move, world.now);
  if (!after.applied) return;
  world.state = after.state;
  note(world, what, move, before);
  if (isTerminal(before.status)) expect(after.state).toEqual(before);
  if (after.state.lease !== null) expect(after.state.status).toBe('RUNNING');
  expect(after.state.attempt - before.attempt).toBe(move.kind === 'claim' ? 1 : 0);
  if (after.state.attempt > 0) expect(world.now).toBeGreaterThanOrEqual(before.runAt ?? 0);
}

function note(world: World, what: Happening, move: Move, before: MachineState): void {
  if (move.kind === 'claim' && 'worker' in what) {
    world.claims += 1;
    world.tokens[what.worker] = move.token;
  }
  if (move.kind === 'settle' && !isTerminal(before.status)) world.settled.push(move.token);
  if (move.kind === 'handBack' && before.lease !== null) world[move.charged ? 'charged' : 'released'] += 1;
  if (move.kind === 'requestCancel') world.isWishAcknowledged = true;
}

const stories = fc.record({
  runAt: fc.option(fc.integer({ min: 1, max: 120_000 })),
  happenings: fc.array(happening, { maxLength: 60 }),
});

function tell({ runAt, happenings }: { runAt: number | null; happenings: Happening[] }): World {
  const world = begin(runAt);
  for (const what of happenings) happen(world, what);
  return world;
}

describe('step', () => {
  it('gives a claim that is repeated with its token what it has, and no other attempt', () => {
    const world = tell({ runAt: null, happenings: [{ kind: 'claim', worker: 0 }] });
    const again = step(world.state, { kind: 'claim', token: 'token-1', leaseMs }, world.now + 1);
    expect(again).toEqual({ applied: true, state: world.state });
  });

  it('lets one lease at most settle an execution, whoever claims, crashes, cancels and comes back late', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const { settled, state } = tell(story);
        expect(settled.length).toBeLessThanOrEqual(1);
        if (settled.length === 1) expect(state.finishedToken).toBe(settled[0]);
      }),
      { numRuns: 20_000 },
    );
  });

  it('starts nothing before its time, and what is cancelled until then never', () => {
    const early = tell({ runAt: 1_000, happenings: [{ kind: 'claim', worker: 0 }] });
    expect(early.state).toMatchObject({ status: 'PENDING', attempt: 0 });
    expect(whyNotClaimable(early.state, 999)).toBe('notDue');
    expect(whyNotClaimable(early.state, 1_000)).toBeNull();
    happen(early, { kind: 'requestCancel' });
    happen(early, { kind: 'wait', ms: 1_000 });
    happen(early, { kind: 'claim', worker: 0 });
    expect(early.state).toMatchObject({ status: 'CANCELLED', attempt: 0 });
  });

  it('ends nothing but CANCELLED after an acknowledged wish', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const { isWishAcknowledged, state } = tell(story);
        if (isWishAcknowledged && isTerminal(state.status)) expect(state.status).toBe('CANCELLED');
      }),
      { numRuns: 20_000 },
    );
  });

  it('starts no more attempts than were allowed, given back or lost', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const { claims, charged, released, state } = tell(story);
        expect(state.attempt).toBe(claims);
        expect(state.chargedAttempts).toBeLessThanOrEqual(maxAttempts);
        expect(state.crashAttempts).toBeLessThanOrEqual(maxCrashAttempts + 1);
        // Each claim has ended in one way, except the one that is under way or has settled.
        expect(claims - charged - released - state.crashAttempts).toBeLessThanOrEqual(1);
      }),
      { numRuns: 20_000 },
    );
  });

  it('always leaves a way to the end: maintenance and time alone reach one from everywhere', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const world = tell(story);
        happen(world, { kind: 'wait', ms: leaseMs + 1 });
        happen(world, { kind: 'rescue' });
        happen(world, { kind: 'wait', ms: world.state.deadlineAt });
        happen(world, { kind: 'expire' });
        expect(isTerminal(world.state.status)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it('lets a worker finish what is due, in time, unwished and not used up, whatever happened before', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const world = tell(story);
        fc.pre(whyNotClaimable(world.state, world.now) === null);
        happen(world, { kind: 'claim', worker: 0 });
        happen(world, { kind: 'settle', worker: 0, status: 'COMPLETED' });
        expect(world.state.status).toBe('COMPLETED');
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses a zombie: what a lost lease writes changes nothing', () => {
    const world = tell({
      runAt: null,
      happenings: [
        { kind: 'claim', worker: 0 },
        { kind: 'wait', ms: leaseMs + 1 },
        { kind: 'rescue' },
        { kind: 'claim', worker: 1 },
      ],
    });
    const before = world.state;
    happen(world, { kind: 'settle', worker: 0, status: 'COMPLETED' });
    happen(world, { kind: 'handBack', worker: 0, charged: true, delayMs: 0 });
    happen(world, { kind: 'heartbeat', worker: 0 });
    expect(world.state).toEqual(before);
    happen(world, { kind: 'settle', worker: 1, status: 'COMPLETED' });
    expect(world.state).toMatchObject({ status: 'COMPLETED', finishedToken: 'token-2' });
  });
});
