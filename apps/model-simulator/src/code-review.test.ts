import { describe, expect, it } from '@jest/globals';
import { asksForCodeReview, reviewCode } from './code-review.ts';

function prompt(code: string): string {
  return `Review the following typescript code for:\n- Security vulnerabilities\n\nCode:\n\`\`\`typescript\n${code}\n\`\`\``;
}

describe('asksForCodeReview', () => {
  it('recognises the sample prompt', () => {
    expect(asksForCodeReview(prompt('a'))).toBe(true);
  });

  it('does not take other prompts for it', () => {
    expect(asksForCodeReview('Write a review of the following book.')).toBe(false);
  });
});

describe('reviewCode', () => {
  it.each([
    ['const password = "hunter22";', 'security', 'critical'],
    ['apiKey: "abcdefgh",', 'security', 'critical'],
    ['eval(input)', 'security', 'high'],
    ['db.query("SELECT id FROM users WHERE id = " + id)', 'security', 'high'],
    ['element.innerHTML = text;', 'security', 'medium'],
    ['try { run(); } catch (error) {}', 'bug', 'medium'],
    ['try:\n  run()\nexcept ValueError:\n  pass', 'bug', 'medium'],
    ['if (a == b) stop();', 'bug', 'low'],
    ['readFileSync(path)', 'performance', 'medium'],
    ['JSON.parse(JSON.stringify(a))', 'performance', 'low'],
    ['SELECT * FROM users', 'performance', 'low'],
    ['function f(a: any) {}', 'style', 'low'],
    ['console.log(a);', 'style', 'low'],
    ['// TODO later', 'style', 'low'],
    [`const a = ${'b + '.repeat(40)}c;`, 'style', 'low'],
    ['const a = 86400;', 'style', 'low'],
  ])('finds what is wrong with %j, and nothing else', (code, type, severity) => {
    expect(reviewCode(prompt(code)).issues).toEqual([
      { type, severity, description: expect.any(String), suggestion: expect.any(String) },
    ]);
  });

  it('has nothing to say about code without a sign of trouble and rates it 10', () => {
    expect(reviewCode(prompt('export const add = (a: number, b: number) => a + b;'))).toEqual({
      issues: [],
      overall_rating: 10,
    });
  });

  it('names the first line of what it found and how often it was found again', () => {
    const [issue] = reviewCode(prompt('run();\nconsole.log(1);\nconsole.log(2);')).issues;
    expect(issue?.description).toMatch(/^Line 2 \(and on 1 more\): /);
  });

  it('rates worse what is worse, from 10 down to 1', () => {
    const bad =
      'const password = "hunter22";\neval(x);\nb.innerHTML = c;\ntry {} catch {}\nlet a: any;\nreadFileSync(p)';
    expect(reviewCode(prompt('const a: any = b;')).overall_rating).toBe(9);
    expect(reviewCode(prompt('eval(a)')).overall_rating).toBe(8);
    expect(reviewCode(prompt(bad)).overall_rating).toBe(1);
  });

  it('looks at all of the code when the code contains fences itself', () => {
    expect(reviewCode(prompt('/**\n```\nexample\n```\n */\neval(a)')).issues).toMatchObject([
      { severity: 'high' },
    ]);
  });

  it('does not review the words of the prompt around the code', () => {
    expect(reviewCode(`eval(a) TODO\n${prompt('run();')}`).issues).toEqual([]);
  });
});
