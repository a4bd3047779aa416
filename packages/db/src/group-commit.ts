import DataLoader from 'dataloader';
import { isDatabaseUnavailable } from './pool.ts';

export interface GroupCommitOptions {
  /** Rows of one statement at most. */
  maxRows: number;
}

/**
 * Lets rows that come at the same time share a statement and its commit. One statement is under way at a time: the first
 * row leaves at once, those that come meanwhile leave together. So an idle system waits for nothing, and the busier it
 * gets the fuller its statements are.
 *
 * When a statement of several rows fails, each row is written alone, so that a bad one fails by itself; not so when the
 * database is away, where that would only take longer.
 *
 * @param write a verb: rows in, as many answers out, in the same order.
 * @returns writes one row.
 */
export function createGroupCommit<Row, Answer>(
  write: (rows: Row[]) => Promise<Answer[]>,
  { maxRows }: GroupCommitOptions,
): (row: Row) => Promise<Answer> {
  let underWay: Promise<unknown> = Promise.resolve();
  let line: Promise<unknown> = underWay;
  const loader = new DataLoader<Row, Answer>(
    (rows) => {
      const written = writeTogether(write, [...rows]);
      underWay = written.catch(() => undefined);
      return written;
    },
    {
      cache: false,
      maxBatchSize: maxRows,
      // Each statement begins when the one before it in the line has ended.
      batchScheduleFn(begin) {
        line = line.then(() => {
          begin();
          return underWay;
        });
      },
    },
  );
  return (row) => loader.load(row);
}

async function writeTogether<Row, Answer>(
  write: (rows: Row[]) => Promise<Answer[]>,
  rows: Row[],
): Promise<Array<Answer | Error>> {
  try {
    return await write(rows);
  } catch (error) {
    if (rows.length === 1 || isDatabaseUnavailable(error)) throw error;
  }
  const answers: Array<Answer | Error> = [];
  for (const row of rows) {
    const last = answers.at(-1);
    // The others would only wait for the same.
    if (last instanceof Error && isDatabaseUnavailable(last)) answers.push(last);
    else answers.push(await write([row]).then(([answer]) => answer as Answer, asError));
  }
  return answers;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
