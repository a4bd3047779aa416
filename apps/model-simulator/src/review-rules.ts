type IssueType = 'security' | 'performance' | 'style' | 'bug';
export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** One finding of a review. */
export interface ReviewIssue {
  type: IssueType;
  severity: Severity;
  description: string;
  suggestion: string;
}

/** A textual sign of a problem. `pattern` is tried on each line, or on the whole code when `whole` is set. */
export interface ReviewRule extends ReviewIssue {
  pattern: RegExp;
  whole?: true;
}

/** The signs a review is made of. Patterns hold no `g` flag: they are shared and must keep no position. */
export const reviewRules: readonly ReviewRule[] = [
  {
    type: 'security',
    severity: 'critical',
    description: 'A credential is written into the source.',
    suggestion: 'Read it from the environment or a secret store, and replace the one that was published.',
    pattern:
      /(?:password|passwd|secret|api_?key|access_?token)\w{0,20}["']?\s*[:=]\s*["'`][^"'`\s]{4,}["'`]/i,
  },
  {
    type: 'security',
    severity: 'high',
    description: 'Text is executed as code.',
    suggestion: 'Parse the input or look the behaviour up in a table instead.',
    pattern: /\beval\s*\(|\bnew Function\s*\(/,
  },
  {
    type: 'security',
    severity: 'high',
    description: 'An SQL statement is put together from strings, which allows injection.',
    suggestion: 'Use a parameterised query.',
    pattern: /["'`](?:select|insert into|update|delete from)\s.*(?:["'`]\s*\+|\$\{|%s)/i,
  },
  {
    type: 'security',
    severity: 'medium',
    description: 'Markup is inserted without being escaped.',
    suggestion: 'Insert text, or sanitise the markup first.',
    pattern: /\.innerHTML\s*=|dangerouslySetInnerHTML/,
  },
  {
    type: 'bug',
    severity: 'medium',
    description: 'An error is caught and silently dropped.',
    suggestion: 'Handle it, add what is known here and pass it on, or do not catch it.',
    pattern: /catch\s*(?:\(\w*\)\s*)?\{\s{0,200}\}|except[^\n:]{0,100}:\s{1,200}pass\b/,
    whole: true,
  },
  {
    type: 'bug',
    severity: 'low',
    description: 'A loose comparison converts its operands.',
    suggestion: 'Compare with === and convert on purpose where that is wanted.',
    pattern: /[\w)\]]\s==\s(?!null\b|=)[\w"'`(]/,
  },
  {
    type: 'performance',
    severity: 'medium',
    description: 'A synchronous file operation blocks everything else.',
    suggestion: 'Use the asynchronous version.',
    pattern: /\b(?:read|write|append)FileSync\s*\(/,
  },
  {
    type: 'performance',
    severity: 'low',
    description: 'A value is copied by turning it into JSON and back.',
    suggestion: 'Use structuredClone.',
    pattern: /JSON\.parse\(\s*JSON\.stringify\(/,
  },
  {
    type: 'performance',
    severity: 'low',
    description: 'All columns are selected.',
    suggestion: 'Name the columns that are needed.',
    pattern: /\bselect\s+\*\s+from\b/i,
  },
  {
    type: 'style',
    severity: 'low',
    description: 'The type any switches type checking off.',
    suggestion: 'Use unknown and narrow it, or name the type.',
    pattern: /(?::\s*|\bas\s+|<)any\b/,
  },
  {
    type: 'style',
    severity: 'low',
    description: 'Output for debugging was left in.',
    suggestion: 'Use the logger, or remove it.',
    pattern: /\bconsole\.(?:log|debug)\s*\(|^\s*print\s*\(|\bfmt\.Println\s*\(/,
  },
  {
    type: 'style',
    severity: 'low',
    description: 'A note about unfinished work was left in.',
    suggestion: 'Finish it, or track it where it is not forgotten.',
    pattern: /\b(?:TODO|FIXME|XXX)\b/,
  },
  {
    type: 'style',
    severity: 'low',
    description: 'The line is longer than 120 characters.',
    suggestion: 'Break it.',
    pattern: /^.{121}/,
  },
  {
    type: 'style',
    severity: 'low',
    description: 'A number without a name leaves its meaning open.',
    suggestion: 'Give it a named constant.',
    pattern: /(?:[=(<>*+]|\breturn)\s*\d{3,}\b(?!\s*[-.:])/,
  },
];
