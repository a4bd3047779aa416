import { setTimeout } from 'node:timers/promises';
import DataLoader from 'dataloader';
import { isDatabaseUnavailable, isLockedOut } from './pool.ts';

export interface GroupCommitOptions {
  /** Rows of one statement at most. */
  maxRows: number;
  /** Bytes of one statement at most, about; a row that has more goes alone. */
  maxBytes?: number;
  /** How long to gather for the next statement after one with a few rows, in milliseconds; 1 by default, as after one with many. */
  gatherMs?: number;
}

/**
 * A statement costs PostgreSQL as much as six to nine rows. So after one with several rows it pays to gather the next; after one
 * with many, a moment is enough, in milliseconds.
 */
const severalRows = 5;
const manyRows = 32;
const momentMs = 1;

/** So many rows are written side by side after a lock was not to be had. */
const lanes = 4;

/** A statement takes several times its size of memory, here and in PostgreSQL. */
const defaultMaxBytes = 1_000_000;

interface Weighed<Row> {
  row: Row;
  bytes: number;
}

/**
 * Lets rows that come at the same time share a statement and its commit. One statement is under way at a time: the first
 * row leaves at once, those that come meanwhile leave together, a moment later if there are several. So an idle system waits for
 * nothing, and the busier it gets the fuller its statements are.
 *
 * When a statement of several rows fails, each row is written alone, so that a bad one fails by itself; not so when the
 * database is away, where that would only take longer. A row that somebody keeps locked must not keep the others back
 * either: then the rows are written alone, some at the same time.
 *
 * @param write a verb: rows in, as many answers out, in the same order.
 * @returns writes one row, of about so many bytes.
 */
export function createGroupCommit<Row, Answer>(
  write: (rows: Row[]) => Promise<Answer[]>,
  { maxRows, maxBytes = defaultMaxBytes, gatherMs = momentMs }: GroupCommitOptions,
): (row: Row, bytes?: number) => Promise<Answer> {
  let underWay: Promise<unknown> = Promise.resolve();
  let line: Promise<unknown> = underWay;
  let pauseMs = 0;
  const loader = new DataLoader<Weighed<Row>, Answer>(
    (rows) => {
      pauseMs = rows.length < severalRows ? 0 : rows.length < manyRows ? gatherMs : momentMs;
      const written = writeAll(write, inStatements(rows, maxBytes));
      underWay = written.catch(() => undefined);
      return written;
    },
    {
      cache: false,
      maxBatchSize: maxRows,
      // Each statement begins when the one before it in the line has ended.
      batchScheduleFn(begin) {
        line = line.then(async () => {
          if (pauseMs > 0) await setTimeout(pauseMs);
          begin();
          return underWay;
        });
      },
    },
  );
  return (row, bytes = 0) => loader.load({ row, bytes });
}

function inStatements<Row>(rows: ReadonlyArray<Weighed<Row>>, maxBytes: number): Row[][] {
  const statements: Row[][] = [];
  let room = 0;
  for (const { row, bytes } of rows) {
    const last = statements.at(-1);
    if (last && bytes <= room) last.push(row);
    else statements.push([row]);
    room = last && bytes <= room ? room - bytes : maxBytes - bytes;
  }
  return statements;
}

async function writeAll<Row, Answer>(
  write: (rows: Row[]) => Promise<Answer[]>,
  statements: Row[][],
): Promise<Array<Answer | Error>> {
  const answers: Array<Answer | Error> = [];
  for (const rows of statements) {
    // The others would only wait for the same.
    const away = answers.find((answer) => answer instanceof Error && isDatabaseUnavailable(answer));
    answers.push(...(away ? rows.map(() => away) : await writeTogether(write, rows)));
  }
  return answers;
}

async function writeTogether<Row, Answer>(
  write: (rows: Row[]) => Promise<Answer[]>,
  rows: Row[],
): Promise<Array<Answer | Error>> {
  try {
    return await write(rows);
  } catch (error) {
    if (rows.length > 1 && isLockedOut(error)) return writeSideBySide(write, rows, asError(error));
    if (rows.length === 1 || isDatabaseUnavailable(error)) return rows.map(() => asError(error));
  }
  return writeAll(
    write,
    rows.map((row) => [row]),
  );
}

/** A lane ends with the first row that is locked. When all have ended, it is not for a few rows that there are no locks. */
async function writeSideBySide<Row, Answer>(
  write: (rows: Row[]) => Promise<Answer[]>,
  rows: Row[],
  error: Error,
): Promise<Array<Answer | Error>> {
  const answers = rows.map((): Answer | Error => error);
  const left = rows.entries();
  const writeSome = async () => {
    for (const [index, row] of left) {
      const written = await writeTogether(write, [row]);
      answers.splice(index, 1, ...written);
      if (written.some(isLockedOut)) return;
    }
  };
  await Promise.all(Array.from({ length: lanes }, writeSome));
  return answers;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
