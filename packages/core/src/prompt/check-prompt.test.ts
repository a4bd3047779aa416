import { describe, expect, it } from '@jest/globals';
import { checkPrompt, warnOfPrompt } from './check-prompt.ts';
import { promptLimits } from './limits.ts';

const text = { name: 'text', type: 'string' };

/** What is wrong, as `code pointer`. */
function problemsOf(template: unknown, variables: unknown): string[] {
  return checkPrompt(template, variables).map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('checkPrompt', () => {
  it('has nothing against the prompt of the sample data', () => {
    const variables = [
      { name: 'language', type: 'string', required: true, defaultValue: 'go', options: ['go', 'python'] },
      { name: 'code', type: 'string', required: true, description: 'Code' },
    ];
    expect(checkPrompt('Review {{language}}:\n```{{ language }}\n{{code}}\n```', variables)).toEqual([]);
  });

  it.each([
    '{{ text }}',
    '{{{text}}}',
    '{{text}}}}',
    '\\{{text}}',
    '{"a":{"b":{{text}}}}',
    'no } placeholder {',
  ])('takes %j', (template) => {
    expect(checkPrompt(template, [text])).toEqual([]);
  });

  it.each([
    '{{}}',
    '{{a b}}',
    '{{a}',
    '{{a.b[0]}}',
    '{{#if}}',
    '{{1a}}',
    '{{\n text }}',
    '{{{{text}}}}',
    'x {{',
  ])('refuses %j', (template) => {
    expect(problemsOf(template, [text])).toEqual(['TEMPLATE_SYNTAX /template']);
  });

  it('says where braces are that begin nothing, and names no more than 20', () => {
    const [problem] = checkPrompt('one\ntwo {{text}} {{ }}', [text]);
    expect(problem?.detail).toContain('line 2, column 14');
    expect(checkPrompt('{{ '.repeat(50_000), [])).toHaveLength(20);
  });

  it('names each placeholder without a variable once, with its place', () => {
    const problems = checkPrompt('{{a}}{{b}}\n{{a}}{{text}}', [text]);
    expect(problems.map(({ detail }) => detail)).toEqual([
      'uses a at line 1, column 1, which is not among the variables',
      'uses b at line 1, column 6, which is not among the variables',
    ]);
    expect(problemsOf('{{constructor}}', [])).toEqual(['VARIABLE_UNDECLARED /template']);
    const many = Array.from({ length: 30_000 }, (_, index) => `{{a${index}}}`)
      .join('')
      .slice(0, 199_000);
    expect(checkPrompt(many, []).filter(({ code }) => code === 'VARIABLE_UNDECLARED')).toHaveLength(20);
    expect(checkPrompt(`{{${'a'.repeat(100_000)}}}`, [])[0]?.detail.length).toBeLessThan(200);
  });

  it('knows the name of a variable whose definition is wrong otherwise', () => {
    expect(problemsOf('{{text}}', [{ name: 'text', type: 'strin', options: 7 }])).toEqual([]);
  });

  it.each(['', ' \n\t'])('refuses the blank template %j', (template) => {
    expect(problemsOf(template, [])).toEqual(['TEMPLATE_EMPTY /template']);
  });

  it.each<[string, unknown, string]>([
    ['a name with a blank', { ...text, name: 'a b' }, 'VARIABLE_NAME /variables/1/name'],
    ['a name that begins with a digit', { ...text, name: '1a' }, 'VARIABLE_NAME /variables/1/name'],
    ['no name', { ...text, name: '' }, 'VARIABLE_NAME /variables/1/name'],
    ['a long name', { ...text, name: 'a'.repeat(65) }, 'VARIABLE_NAME /variables/1/name'],
    ['a name with a line break', { ...text, name: 'a\n' }, 'VARIABLE_NAME /variables/1/name'],
    ['a key that no body may have', { ...text, name: '__proto__' }, 'VARIABLE_NAME /variables/1/name'],
    ['a name that is taken', { ...text, type: 'number' }, 'VARIABLE_DUPLICATE /variables/1/name'],
    [
      'a default of another type',
      { name: 'a', type: 'number', defaultValue: '5' },
      'DEFAULT_TYPE /variables/1/defaultValue',
    ],
    [
      'the default null',
      { name: 'a', type: 'object', defaultValue: null },
      'DEFAULT_TYPE /variables/1/defaultValue',
    ],
    [
      'a default that is no option',
      { name: 'a', type: 'number', defaultValue: 3, options: [1, 2] },
      'DEFAULT_NOT_AN_OPTION /variables/1/defaultValue',
    ],
    [
      'an option of another type',
      { name: 'a', type: 'boolean', options: [true, 'false'] },
      'OPTION_TYPE /variables/1/options/1',
    ],
    [
      'an option twice, whatever the order of its keys',
      {
        name: 'a',
        type: 'object',
        options: [
          { b: 1, c: 2 },
          { c: 2, b: 1 },
        ],
      },
      'OPTION_DUPLICATE /variables/1/options/1',
    ],
  ])('refuses %s', (_, variable, problem) => {
    expect(problemsOf('{{text}}', [text, variable])).toEqual([problem]);
  });

  it('takes names, defaults and options up to the limits', () => {
    const variables = [
      text,
      {
        name: 'a'.repeat(promptLimits.variableNameChars),
        type: 'array',
        defaultValue: [1],
        options: [[1], [2]],
      },
      { name: 'constructor', type: 'object', defaultValue: { b: 1, c: 2 }, options: [{ c: 2, b: 1 }] },
      { name: '_', type: 'boolean', required: true, defaultValue: false },
    ];
    expect(checkPrompt('{{text}}', variables)).toEqual([]);
  });

  it('refuses definitions that are too large together', () => {
    const options = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(1_000)}`);
    expect(problemsOf('{{text}}', [{ ...text, options }])).toEqual(['VARIABLES_TOO_LARGE /variables']);
  });

  it('finds all problems at once, in the order of the parts', () => {
    const variables = [
      { name: 'a', type: 'number', defaultValue: 'x', options: ['y'] },
      { name: 'a', type: 'string' },
      { name: 'b c', type: 'string', defaultValue: 1 },
    ];
    expect(problemsOf('{{missing}} {{', variables)).toEqual([
      'TEMPLATE_SYNTAX /template',
      'VARIABLE_UNDECLARED /template',
      'OPTION_TYPE /variables/0/options/0',
      'DEFAULT_TYPE /variables/0/defaultValue',
      'VARIABLE_DUPLICATE /variables/1/name',
      'VARIABLE_NAME /variables/2/name',
      'DEFAULT_TYPE /variables/2/defaultValue',
    ]);
  });

  it('skips what is not there or has another form', () => {
    expect(checkPrompt('{{anything}}', undefined)).toEqual([]);
    expect(checkPrompt(undefined, [text])).toEqual([]);
    expect(checkPrompt(7, 'x')).toEqual([]);
    expect(checkPrompt('x', [null, 1, 'a', [], { name: 5, type: 6, options: 7 }])).toEqual([]);
  });
});

describe('warnOfPrompt', () => {
  it('warns of variables that the template does not use', () => {
    const variables = [
      { name: 'a', type: 'string' as const },
      { name: 'b', type: 'string' as const, required: true },
    ];
    expect(warnOfPrompt('{{ a }} b {{b c}}', variables)).toEqual([
      { pointer: '/variables/1', code: 'VARIABLE_UNUSED', detail: 'is not used by the template' },
    ]);
  });
});
