import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Html, html } from './html.ts';

describe('html', () => {
  it('leaves its own text as it is and escapes what is put in, wherever it stands', () => {
    expect(html`<a title="${`"'`}">${'<b>&'}</a>`.text).toBe('<a title="&quot;&#39;">&lt;b&gt;&amp;</a>');
  });

  it('takes HTML, lists of it, numbers and nothing', () => {
    const items = ['a', '<'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}</ul>${0}${null}${undefined}${new Html('<hr>')}`.text).toBe(
      '<ul><li>a</li><li>&lt;</li></ul>0<hr>',
    );
  });

  it('lets no text begin or end a tag, an attribute or an entity', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { text: escaped } = html`${text}`;
        expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
  });
});
