import { describe, expect, it } from '@jest/globals';
import { createStory } from './story.ts';

function setup() {
  let now = 1_000;
  const story = createStory({ now: () => new Date(0), monotonicMs: () => now });
  return {
    story,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('createStory', () => {
  it('keeps the lines in order, and tells how long ago each was when they are asked for', () => {
    const { story, pass } = setup();
    story.tell('INFO', 'Model answered', { latencyMs: 321 });
    pass(250);
    story.tell('WARN', 'Output judged');
    pass(50);
    expect(story.lines()).toEqual([
      { level: 'INFO', message: 'Model answered', metadata: { latencyMs: 321 }, agoMs: 300 },
      { level: 'WARN', message: 'Output judged', metadata: {}, agoMs: 50 },
    ]);
  });

  it('can be read again later, when writing it had to wait', () => {
    const { story, pass } = setup();
    story.tell('INFO', 'Model answered');
    expect(story.lines()).toMatchObject([{ agoMs: 0 }]);
    pass(2_000);
    expect(story.lines()).toMatchObject([{ agoMs: 2_000 }]);
  });
});
