import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { renderTemplate } from './template.ts';

/** Values that an engine working in several passes, or with replacement patterns, would change. */
const trickyValue = fc.oneof(
  fc.string(),
  fc.constantFrom('{{a}}', '{{b}}', '$&', '$1', '$$', '$`', "$'", '{{', '}}', '\\', '{{{b}}}'),
);

describe('renderTemplate', () => {
  it('renders in one pass: every value arrives literally', () => {
    fc.assert(
      fc.property(trickyValue, trickyValue, (a, b) => {
        expect(renderTemplate('<{{a}}|{{b}}|{{a}}>', { a, b })).toEqual({
          ok: true,
          text: `<${a}|${b}|${a}>`,
        });
      }),
    );
  });

  it('leaves text without two opening braces as it is', () => {
    const plain = fc.string().filter((text) => !text.includes('{{') && text.trim() !== '');
    fc.assert(
      fc.property(plain, (text) => {
        expect(renderTemplate(text, { a: 'never used' })).toEqual({ ok: true, text });
      }),
    );
  });
});
