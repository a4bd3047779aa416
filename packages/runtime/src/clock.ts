/** The machine's clocks. */
export const systemClock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};
