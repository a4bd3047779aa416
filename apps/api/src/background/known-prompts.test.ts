import type { Queryable, RunnablePrompt } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { createKnownPrompts } from './known-prompts.ts';

/** Prompts of a database that a test changes. */
function setup() {
  const prompt: RunnablePrompt = {
    id: 'p',
    status: 'PUBLISHED',
    currentVersion: 1,
    version: 1,
    template: '{{text}}',
    variables: [],
    validationTypes: [],
  };
  const state = { rows: [prompt], lookUps: 0 };
  const query = async () => {
    state.lookUps += 1;
    return { rows: state.rows };
  };
  return { state, prompt, prompts: createKnownPrompts({ query: query as unknown as Queryable['query'] }) };
}

const choice = { userId: 'u', promptId: 'p' };

describe('createKnownPrompts', () => {
  it('looks a prompt up once for many submissions, and again once it was forgotten', async () => {
    const { state, prompt, prompts } = setup();
    const found = await Promise.all([prompts.find(choice), prompts.find(choice)]);
    expect([...found, await prompts.find(choice)]).toEqual([prompt, prompt, prompt]);
    expect(state.lookUps).toBe(1);
    prompts.forget(choice);
    await prompts.find(choice);
    expect(state.lookUps).toBe(2);
  });

  it('answers who is looking it up although another one lets it be forgotten meanwhile', async () => {
    const { state, prompt, prompts } = setup();
    const finding = prompts.find(choice);
    prompts.forget(choice);
    expect(await finding).toEqual(prompt);
    expect(await prompts.find(choice)).toEqual(prompt);
    // What was being read when it was forgotten may be out of date.
    expect(state.lookUps).toBe(2);
  });

  it('tells who is looking it up that it is not there, although another one lets it be forgotten meanwhile', async () => {
    const { state, prompts } = setup();
    state.rows = [];
    const finding = prompts.find(choice);
    prompts.forget(choice);
    expect(await finding).toBeNull();
  });

  it('takes users, prompts and versions apart', async () => {
    const { state, prompts } = setup();
    await prompts.find(choice);
    await prompts.find({ ...choice, userId: 'v' });
    await prompts.find({ ...choice, promptId: 'q' });
    await prompts.find({ ...choice, promptVersion: 1 });
    expect(state.lookUps).toBe(4);
  });

  it('does not remember that there is no such prompt', async () => {
    const { state, prompt, prompts } = setup();
    state.rows = [];
    expect(await prompts.find(choice)).toBeNull();
    state.rows = [prompt];
    expect(await prompts.find(choice)).toEqual(prompt);
  });
});
