import { describe, expect, it } from '@jest/globals';
import { accountFor } from './accounting.ts';
import { type SoundFacts, soundFacts } from './facts.fixture.ts';

type Exchange = SoundFacts['exchanges'][number];

function setup(answers: Array<Partial<Exchange>>) {
  const facts = soundFacts();
  const [sound] = facts.exchanges as [Exchange];
  facts.exchanges = answers.map((answer) => ({ ...sound, ...answer }));
  return facts;
}

describe('accountFor', () => {
  it('counts a submission once, however often it was sent', () => {
    expect(accountFor(setup([{}, {}, { status: null, code: 'ECONNRESET' }]))).toMatchObject({
      attempted: 1,
      acked: 1,
      indeterminate: 0,
      ok: 1,
      lost: 0,
    });
  });

  it.each([{ status: null, code: 'ECONNRESET' }, { status: null, code: 'TimeoutError' }, { status: 503 }])(
    'does not know what became of %j, and finds it stored',
    (answer) => {
      const facts = setup([{ executionId: null, ...answer }]);
      expect(accountFor(facts)).toMatchObject({ acked: 0, indeterminate: 1, recovered: 1, unexpected: 0 });
    },
  );

  it('knows that nothing became of a refused connection', () => {
    const facts = setup([{ status: null, code: 'ECONNREFUSED', executionId: null }]);
    facts.executions = [];
    expect(accountFor(facts)).toMatchObject({ attempted: 1, acked: 0, indeterminate: 0, recovered: 0 });
  });
});
