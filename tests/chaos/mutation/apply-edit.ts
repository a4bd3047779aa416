import type { Edit } from './sabotages.ts';

/** @throws Error unless the text occurs exactly once: the sabotage would not be what it says. */
export function applyEdit(source: string, { file, find, replace }: Edit): string {
  const [before, after, ...others] = source.split(find);
  if (before === undefined || after === undefined || others.length > 0)
    throw new Error(`${file} does not have this exactly once, so it cannot be sabotaged there: ${find}`);
  return before + replace + after;
}
