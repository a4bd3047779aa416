import { describe, expect, it } from '@jest/globals';
import { maxPromptChars, renderTemplate } from './template.ts';

describe('renderTemplate', () => {
  it.each([
    ['Hello {{name}}!', 'Hello Ada!'],
    ['{{ name }} and {{\tname\t}}', 'Ada and Ada'],
    ['{{name}}{{name}}', 'AdaAda'],
    ['{{{name}}}', '{Ada}'],
    ['{{name}}}}', 'Ada}}'],
    ['\\{{name}}', '\\Ada'],
    ['{{missing}}.', '.'],
    ['{{toString}}{{__proto__}}.', '.'],
    ['{{count}} {{flag}} {{none}} {{list}} {{map}}', '3 false null [1,"a"] {"a":"b"}'],
  ])('renders %j as %j', (template, text) => {
    const inputs = { name: 'Ada', count: 3, flag: false, none: null, list: [1, 'a'], map: { a: 'b' } };
    expect(renderTemplate(template, inputs)).toEqual({ ok: true, text });
  });

  it.each([
    '{{name}',
    '{ {name}}',
    '{{}}',
    '{{a b}}',
    '{{a.b}}',
    '{{a[0]}}',
    '{{1a}}',
    '{{#if}}',
    '{{na\nme}}',
    '{{ä}}',
  ])('leaves %j as it is, for it is no placeholder', (template) => {
    expect(renderTemplate(template, { name: 'Ada', a: 'b' })).toEqual({ ok: true, text: template });
  });

  it.each(['', ' \n\t', '{{blank}}', '{{missing}} '])(
    'calls %j empty when nothing but blanks is left',
    (template) => {
      expect(renderTemplate(template, { blank: ' \u00a0\n' })).toEqual({ ok: false, code: 'PROMPT_EMPTY' });
    },
  );

  it('allows as many characters as promised and not one more', () => {
    const longest = 'x'.repeat(maxPromptChars);
    expect(renderTemplate('{{a}}', { a: longest })).toEqual({ ok: true, text: longest });
    for (const template of ['{{a}}.', '.{{a}}', `${longest}.`]) {
      expect(renderTemplate(template, { a: longest })).toEqual({ ok: false, code: 'PROMPT_TOO_LONG' });
    }
  });

  it('refuses a text that no string could hold, without building it', () => {
    const template = '{{a}}'.repeat(10_000);
    expect(renderTemplate(template, { a: 'x'.repeat(900_000) })).toEqual({
      ok: false,
      code: 'PROMPT_TOO_LONG',
    });
  });
});
