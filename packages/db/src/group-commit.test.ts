import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createGroupCommit } from './group-commit.ts';

/** A verb that notes its statements, each of which ends when the test lets it. */
function setup(answerTo: (row: number) => string = (row) => `wrote ${row}`, maxRows = 3, gatherMs?: number) {
  const statements: number[][] = [];
  const ends: Array<() => void> = [];
  const begun = new EventEmitter();
  const write = async (rows: number[]) => {
    statements.push(rows);
    begun.emit('statement');
    await new Promise<void>((resolve) => ends.push(resolve));
    return rows.map(answerTo);
  };
  const add = createGroupCommit(write, { maxRows, ...(gatherMs && { gatherMs }) });
  return {
    add,
    statements,
    nextStatement: () => once(begun, 'statement'),
    async endNext() {
      await setImmediate();
      ends.shift()?.();
      await setImmediate();
    },
  };
}

describe('createGroupCommit', () => {
  it('writes the first row at once, and what comes meanwhile together', async () => {
    const { add, statements, endNext } = setup();
    const answers = [add(1)];
    await setImmediate();
    expect(statements).toEqual([[1]]);
    answers.push(add(2), add(3));
    await setImmediate();
    expect(statements).toEqual([[1]]);
    await endNext();
    expect(statements).toEqual([[1], [2, 3]]);
    await endNext();
    expect(await Promise.all(answers)).toEqual(['wrote 1', 'wrote 2', 'wrote 3']);
  });

  it('has one statement under way, however many rows come, each of a bounded size', async () => {
    const { add, statements, endNext } = setup();
    const answers = [1, 2, 3, 4, 5, 6, 7].map(add);
    for (const expected of [1, 2, 3]) {
      await setImmediate();
      expect(statements).toHaveLength(expected);
      await endNext();
    }
    expect(statements).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(await Promise.all(answers)).toHaveLength(7);
  });

  it('gathers for a moment after a statement with several rows', async () => {
    const { add, statements, nextStatement, endNext } = setup(undefined, 10);
    const answers = [1, 2, 3, 4, 5].map(add);
    await endNext();
    answers.push(add(6));
    await setImmediate();
    answers.push(add(7));
    expect(statements).toHaveLength(1);
    await nextStatement();
    expect(statements).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7],
    ]);
    await endNext();
    answers.push(add(8));
    await setImmediate();
    // Two rows are not several: the next is not kept waiting.
    expect(statements).toHaveLength(3);
    await endNext();
    await Promise.all(answers);
  });

  it('gathers for longer after a statement with a few rows, where it was told to', async () => {
    const [calm, patient] = [setup(undefined, 10), setup(undefined, 10, 200)];
    const answers = [calm, patient].flatMap(({ add }) => [1, 2, 3, 4, 5].map(add));
    await Promise.all([calm.endNext(), patient.endNext()]);
    answers.push(patient.add(6), calm.add(6));
    await calm.nextStatement();
    expect(patient.statements).toHaveLength(1);
    answers.push(patient.add(7));
    await patient.nextStatement();
    expect(patient.statements[1]).toEqual([6, 7]);
    await Promise.all([calm.endNext(), patient.endNext()]);
    await Promise.all(answers);
  });

  it('gathers for a moment after a statement with many rows, whatever it was told', async () => {
    const [few, many] = [setup(undefined, 100, 200), setup(undefined, 100, 200)];
    const answers = [
      ...[1, 2, 3, 4, 5].map(few.add),
      ...Array.from({ length: 32 }, (_, row) => many.add(row)),
    ];
    await Promise.all([few.endNext(), many.endNext()]);
    answers.push(few.add(6), many.add(33));
    await many.nextStatement();
    expect(few.statements).toHaveLength(1);
    await few.nextStatement();
    await Promise.all([few.endNext(), many.endNext()]);
    await Promise.all(answers);
  });

  it('does not let a row that comes late pass the line', async () => {
    const { add, statements, endNext } = setup();
    const answers = [1, 2, 3, 4].map(add);
    await setImmediate();
    answers.push(add(5), add(6), add(7));
    await setImmediate();
    expect(statements).toEqual([[1, 2, 3]]);
    await endNext();
    expect(statements).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    await endNext();
    await endNext();
    expect(statements).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    await Promise.all(answers);
  });

  it('writes at once again after a pause, also after a failure', async () => {
    const { add, statements, endNext } = setup((row) => {
      if (row === 1) throw new Error('bad row');
      return `wrote ${row}`;
    });
    const first = expect(add(1)).rejects.toThrow('bad row');
    await endNext();
    await first;
    const second = add(2);
    await endNext();
    expect(await second).toBe('wrote 2');
    expect(statements).toEqual([[1], [2]]);
  });

  it('gives every row its own answer when one of them is bad', async () => {
    const add = createGroupCommit(
      async (rows: number[]) => {
        if (rows.includes(2)) throw new Error('bad row');
        return rows.map((row) => `wrote ${row}`);
      },
      { maxRows: 10 },
    );
    expect(await Promise.allSettled([add(1), add(2), add(3)])).toMatchObject([
      { value: 'wrote 1' },
      { reason: { message: 'bad row' } },
      { value: 'wrote 3' },
    ]);
  });

  it('keeps large rows out of one statement, and writes these one after the other', async () => {
    const statements: number[][] = [];
    let underWay = 0;
    const add = createGroupCommit(
      async (rows: number[]) => {
        underWay += 1;
        statements.push(rows);
        await setImmediate();
        expect(underWay).toBe(1);
        underWay -= 1;
        return rows;
      },
      { maxRows: 10, maxBytes: 100 },
    );
    const sizes = [60, 40, 1, 500, 50, 50, 1];
    expect(await Promise.all(sizes.map((bytes, row) => add(row, bytes)))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(statements).toEqual([[0, 1], [2], [3], [4, 5], [6]]);
  });

  it('stops asking a database that goes away while rows are written alone', async () => {
    const errors = [new Error('bad row'), Object.assign(new Error('away'), { code: 'ECONNREFUSED' })];
    let statements = 0;
    const add = createGroupCommit(
      async (_rows: number[]) => {
        statements += 1;
        throw errors[Math.min(statements, 2) - 1];
      },
      { maxRows: 10 },
    );
    const answers = await Promise.allSettled([add(1), add(2), add(3)]);
    expect(answers).toMatchObject(Array(3).fill({ reason: { message: 'away' } }));
    expect(statements).toBe(2);
  });

  it('fails them all at once when the database is away', async () => {
    let statements = 0;
    const add = createGroupCommit(
      async (_rows: number[]) => {
        statements += 1;
        throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      },
      { maxRows: 10 },
    );
    const answers = await Promise.allSettled([add(1), add(2), add(3)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(statements).toBe(1);
  });

  it('lets a row that somebody keeps locked fail alone, and the others not wait for it', async () => {
    const locked = Promise.withResolvers<void>();
    const written: number[] = [];
    const add = createGroupCommit(
      async (rows: number[]) => {
        if (rows.includes(2)) {
          if (rows.length === 1) await locked.promise;
          throw Object.assign(new Error('locked'), { code: '55P03' });
        }
        written.push(...rows);
        return rows;
      },
      { maxRows: 10 },
    );
    const answers = Promise.allSettled([1, 2, 3, 4, 5, 6].map((row) => add(row)));
    while (written.length < 5) await setImmediate();
    locked.resolve();
    expect((await answers).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      ...Array(4).fill('fulfilled'),
    ]);
  });

  it('asks for no more locks when several were not to be had', async () => {
    let statements = 0;
    const add = createGroupCommit(
      async (_rows: number[]) => {
        statements += 1;
        throw Object.assign(new Error('locked'), { code: '55P03' });
      },
      { maxRows: 100 },
    );
    const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, row) => add(row)));
    expect(answers).toEqual(
      Array(50).fill(expect.objectContaining({ reason: expect.objectContaining({ code: '55P03' }) })),
    );
    expect(statements).toBe(5);
  });
});
