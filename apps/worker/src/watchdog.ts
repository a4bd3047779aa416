export interface WatchdogOptions {
  /** How long bells may wait for a worker that has room and fetches none, in milliseconds. */
  patienceMs: number;
  /** Whether a bell that waits should be fetched: there is a free slot, and nothing is suspended. */
  hasRoom(): boolean;
  /** How many bells were fetched so far. */
  fetched(): number;
  /** How many bells could be fetched now. What it throws says nothing about this worker. */
  waiting(): Promise<number>;
  /** Called once; nothing is watched after it. */
  onStuck(): void;
}

export interface Watchdog {
  start(): void;
  stop(): void;
}

/** Looks in each stretch of patience. */
const looks = 4;

/**
 * Notices a worker that has silently stopped fetching, as happens to consumers whose connection died without a word.
 * The queue is asked only when nothing came since the last look. Looks are counted, not time: a process that was
 * frozen or very busy has not looked meanwhile, and must first get a chance to fetch.
 */
export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { patienceMs, hasRoom, fetched, waiting, onStuck } = options;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let lastFetched = 0;
  let inVain = 0;

  async function isStill(): Promise<boolean> {
    const before = lastFetched;
    lastFetched = fetched();
    if (lastFetched !== before || !hasRoom()) return false;
    const count = await waiting().catch(() => 0);
    return count > 0 && fetched() === lastFetched && hasRoom();
  }

  async function look(): Promise<void> {
    inVain = (await isStill()) ? inVain + 1 : 0;
    if (isStopped) return;
    // The first look only begins the stretch.
    if (inVain > looks) onStuck();
    else schedule();
  }

  function schedule(): void {
    timer = setTimeout(() => void look(), patienceMs / looks);
  }

  return {
    start: schedule,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
