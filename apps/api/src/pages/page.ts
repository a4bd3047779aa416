import { Html, html } from './html.ts';

const style = new Html(`<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --dim: color-mix(in srgb, currentColor 62%, transparent); }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1.25rem; }
  h1 { font-size: 1.35rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
  h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); }
  td { white-space: nowrap; } td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
  th { font-weight: 600; color: var(--dim); white-space: nowrap; }
  :target { outline: 2px solid #1d5fd1; outline-offset: .35rem; scroll-margin-top: 1rem; }
  .scroll { overflow-x: auto; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: 1rem 0; }
  dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
  code, .mono { font-family: ui-monospace, monospace; font-size: .9em; }
  .badge { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; border: 1px solid currentColor; font-size: .85rem; font-weight: 600; }
  .COMPLETED, .PASSED, .SUCCEEDED { color: #16803c; } .FAILED, .ERRORED, .ERROR, .LOST { color: #c2261c; }
  .RUNNING, .PENDING { color: #1d5fd1; } .CANCELLED, .SKIPPED, .WARN, .SHUTDOWN { color: #9a6700; }
</style>`);

/** A whole page. It loads nothing and runs nothing; see {@link pagePolicy}. */
export function page(title: string, body: Html): string {
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · FormaOps</title>${style}</head>
<body>${body}</body></html>`.text;
}

/** The Content-Security-Policy of {@link page}. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A word with its colour. */
export function badge(word: string | null): Html {
  return word ? html`<span class="badge ${word}">${word}</span>` : html`–`;
}

/** A table; its first row is the head. */
export function table(
  head: string[],
  rows: ReadonlyArray<ReadonlyArray<string | number | null | Html>>,
): Html {
  if (rows.length === 0) return html`<p>None.</p>`;
  return html`<div class="scroll"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell === null ? '–' : cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** Terms and what they are. */
export function facts(entries: ReadonlyArray<[string, string | number | null | Html]>): Html {
  return html`<dl>${entries.map(([term, value]) => html`<dt>${term}</dt><dd>${value === null ? '–' : value}</dd>`)}</dl>`;
}
