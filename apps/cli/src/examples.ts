/** Help texts end with these. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ formaops ${line}`).join('\n')}`;
}
