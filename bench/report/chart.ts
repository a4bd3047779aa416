import type { Results, Row, Spread } from './results.ts';

const panels = [
  { scenario: 'ingest', figure: 'perSecond', title: 'Ingest, POST/s' },
  { scenario: 'drain', figure: 'perSecond', title: 'Drain with one worker, executions/s' },
  { scenario: 'together', figure: 'completedPerSecond', title: 'Submit + work, completed/s' },
] as const;

const [width, labelWidth, barWidth, lineHeight, headHeight] = [860, 300, 470, 24, 40];

/** Bars of the three throughputs, ours darker; a thin line shows how far the repetitions went. */
export function toChart({ rows }: Results): string {
  let y = 0;
  const parts = panels.flatMap(({ scenario, figure, title }) => {
    const bars = rows.flatMap((row) => {
      const spread = row.scenario === scenario ? row.figures[figure] : undefined;
      return spread && Number.isFinite(spread.median) ? [{ row, spread }] : [];
    });
    if (bars.length === 0) return [];
    const top = y;
    y += headHeight + bars.length * lineHeight;
    const most = Math.max(...bars.map(({ spread }) => spread.max));
    return [
      `<text x="0" y="${top + 26}" class="title">${title}</text>`,
      ...bars.map(({ row, spread }, index) => bar(row, spread, most, top + headHeight + index * lineHeight)),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 -4 ${width + 32} ${y + 16}" role="img" aria-label="Throughput beside other builds">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2933; }
.title { font-weight: 600; font-size: 15px; }
.ours { fill: #1d4ed8; }
.other { fill: #9aa5b1; }
.range { stroke: #1f2933; stroke-width: 1.5; }
</style>
<rect x="-16" y="-4" width="${width + 32}" height="${y + 16}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

function bar(
  { subject, subjectTitle, backend }: Row,
  { median, min, max }: Spread,
  most: number,
  y: number,
): string {
  const x = (value: number) => (labelWidth + (value / most) * barWidth).toFixed(1);
  const kind = subject === 'formaops' ? 'ours' : 'other';
  const label = `${subjectTitle} · ${backend === 'redis' ? 'Redis' : 'PostgreSQL'}`;
  return [
    `<text x="${labelWidth - 10}" y="${y + 14}" text-anchor="end">${toXml(label)}</text>`,
    `<rect x="${labelWidth}" y="${y}" width="${((median / most) * barWidth).toFixed(1)}" height="18" class="${kind}"/>`,
    `<line x1="${x(min)}" x2="${x(max)}" y1="${y + 9}" y2="${y + 9}" class="range"/>`,
    `<text x="${Number(x(Math.max(max, median))) + 8}" y="${y + 14}">${Math.round(median).toLocaleString('en-US')}</text>`,
  ].join('');
}

function toXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
