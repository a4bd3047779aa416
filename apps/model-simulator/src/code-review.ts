import { type ReviewIssue, type ReviewRule, reviewRules, type Severity } from './review-rules.ts';

/** What a model answers to the sample prompt "AI Code Reviewer". */
export interface CodeReview {
  issues: ReviewIssue[];
  /** A whole number from 1 to 10. */
  overall_rating: number;
}

const penalties: Record<Severity, number> = { low: 0.5, medium: 1, high: 2, critical: 4 };

/** Longer lines are looked at up to here, so that a minified file cannot keep the rules busy. */
const MAX_LINE_LENGTH = 1_000;

/** Whether a prompt asks for a code review, as the sample prompt does. */
export function asksForCodeReview(prompt: string): boolean {
  return /review the following\b[^\n]{0,100}\bcode for:?/i.test(prompt);
}

/**
 * Reviews the code in a prompt by a few textual signs: one issue for each rule that fires, the same for the same text.
 * It looks like a model's answer and is not meant as a judgement.
 */
export function reviewCode(prompt: string): CodeReview {
  const code = extractCode(prompt);
  const lines = code.split('\n').map((line) => line.slice(0, MAX_LINE_LENGTH));
  const issues = reviewRules.flatMap((rule) => applyRule(rule, code, lines));
  const penalty = issues.reduce((sum, issue) => sum + penalties[issue.severity], 0);
  return { issues, overall_rating: Math.max(1, Math.floor(10 - penalty)) };
}

/** From the first fence to the last, because code under review may contain fences itself; everything without one. */
function extractCode(prompt: string): string {
  return /^```[^\n]*\n([\s\S]*)^```/m.exec(prompt)?.[1] ?? prompt;
}

function applyRule(rule: ReviewRule, code: string, lines: readonly string[]): ReviewIssue[] {
  const numbers = rule.whole ? firstLineOf(rule.pattern, code) : linesOf(rule.pattern, lines);
  const [first, ...others] = numbers;
  if (first === undefined) return [];
  const { type, severity, description, suggestion } = rule;
  const more = others.length === 0 ? '' : ` (and on ${others.length} more)`;
  return [{ type, severity, description: `Line ${first}${more}: ${description}`, suggestion }];
}

function linesOf(pattern: RegExp, lines: readonly string[]): number[] {
  return lines.flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

function firstLineOf(pattern: RegExp, code: string): number[] {
  const at = code.search(pattern);
  return at === -1 ? [] : [code.slice(0, at).split('\n').length];
}
