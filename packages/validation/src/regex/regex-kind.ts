import type { ConfigCheck } from '../judge.ts';
import { createKept } from '../kept.ts';
import type { Kind } from '../kind.ts';
import type { JudgeResult } from '../sandbox/protocol.ts';
import { configErrors, wholeError } from '../verdict-errors.ts';
import type { RegexConfig } from './read-regex-config.ts';

const maxCompiled = 500;
/** None of the flags that are allowed gives a pattern a memory, so that uses of it do not meet. */
const patterns = createKept<RegExp>(maxCompiled);

/** REGEX: searches the output. A pattern that backtracks for ever does so here, until somebody ends the process. */
export const regexKind: Kind = {
  judge({ config, configHash, tenantId, output }): JudgeResult {
    const { mustMatch, ...rest } = config as RegexConfig;
    const pattern = compile(rest, `${tenantId} ${configHash}`);
    if (typeof pattern === 'string') return result('REGEX_INVALID', configErrors([invalid(pattern)]));
    if (pattern.test(output) === mustMatch) return result(null, []);
    const message = mustMatch ? 'the pattern does not match the output' : 'the pattern matches the output';
    return result('OUTPUT_PATTERN_MISMATCH', wholeError(message, mustMatch ? '#/pattern' : '#/mustMatch'));
  },
  check({ config, configHash, tenantId }): ConfigCheck {
    const pattern = compile(config as RegexConfig, `${tenantId} ${configHash}`);
    const isPattern = typeof pattern !== 'string';
    return {
      code: isPattern ? null : 'REGEX_INVALID',
      problems: isPattern ? [] : [invalid(pattern)],
      warnings: [],
    };
  },
};

/** @returns what is wrong with the pattern when it is none. */
function compile({ pattern, flags }: Pick<RegexConfig, 'pattern' | 'flags'>, key: string): RegExp | string {
  try {
    return patterns.get(key) ?? patterns.set(key, new RegExp(pattern, flags));
  } catch (error) {
    // V8 repeats the pattern before it says what is wrong with it.
    return error instanceof SyntaxError ? String(error.message.split(': ').at(-1)) : 'too large';
  }
}

const invalid = (reason: string) => ({
  pointer: '/pattern',
  message: `is not a regular expression of ECMA-262 with these flags: ${reason}`,
});

function result(code: JudgeResult['code'], errors: JudgeResult['errors']): JudgeResult {
  return { code, extraction: 'none', errors };
}
