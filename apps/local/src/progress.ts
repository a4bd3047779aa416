/**
 * Tells a person what is going on: one line a step, with the time it took. What the step itself has to say follows its
 * line.
 */
export async function step<T>(what: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const notes: string[] = [];
  process.stdout.write(`  ${what} ${'.'.repeat(Math.max(3, 34 - what.length))} `);
  try {
    const result = await work((text) => notes.push(text));
    process.stdout.write(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stdout.write('failed\n');
    throw error;
  } finally {
    for (const note of notes) process.stdout.write(`    ${note}\n`);
  }
}

/** For people only. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
