import { cleanLine } from './clean-terminal.ts';
import { padTo, shorten, widthOf } from './width.ts';

export type Cell = string | number | null | undefined;

const gap = 2;
/** No column is made narrower, whatever the terminal is. */
const leastColumns = 8;
/** Columns with this head are never cut: half an id is of no use to the next command. */
const idHead = 'Id';

/**
 * A table in text; its first row is the head. Where the terminal is too narrow the widest columns give way, all but ids.
 *
 * @param columns of the terminal; without it nothing is cut.
 */
export function table(
  head: readonly string[],
  rows: ReadonlyArray<readonly Cell[]>,
  columns?: number,
): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => cleanLine(String(cell ?? '–'))));
  const widths = head.map((_, index) =>
    lines.reduce((widest, line) => Math.max(widest, widthOf(line[index] ?? '')), 0),
  );
  if (columns !== undefined) narrow(head, widths, columns);
  return lines.map((line) => toLine(line, widths)).join('\n');
}

function toLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => padTo(shorten(cell, widths[index] ?? 0), widths[index] ?? 0))
    .join(' '.repeat(gap))
    .trimEnd();
}

function narrow(head: readonly string[], widths: number[], columns: number): void {
  const giving = head.flatMap((title, index) => (title === idHead ? [] : index));
  const sum = () => widths.reduce((total, width) => total + width, gap * (widths.length - 1));
  while (sum() > columns) {
    const width = Math.max(0, ...giving.map((index) => widths[index] ?? 0));
    if (width <= leastColumns) return;
    const widest = giving.find((index) => widths[index] === width) ?? 0;
    widths[widest] = Math.max(leastColumns, width - (sum() - columns), Math.ceil(width / 2));
  }
}

/** Terms and what they are, one in a line. */
export function facts(entries: ReadonlyArray<readonly [string, Cell]>): string {
  const width = Math.max(...entries.map(([term]) => widthOf(term)));
  return entries
    .map(([term, value]) => `${padTo(term, width)}  ${cleanLine(String(value ?? '–'))}`)
    .join('\n');
}
