import type { ConfigRemark } from './judge.ts';

/** What each member of a config must be: the words that follow "must be", or undefined when the value is right. */
export type MemberRules = Readonly<Record<string, (value: unknown) => string | undefined>>;

/**
 * Finds everything that is wrong with a config of named members: one that is no object, members that nobody knows, and
 * values that break a rule. A rule is asked about a missing member, too.
 */
export function findProblems(config: unknown, rules: MemberRules): ConfigRemark[] {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    return [{ pointer: '', message: 'must be an object' }];
  }
  const members = new Map(Object.entries(config));
  const unknown = [...members.keys()].filter((name) => !Object.hasOwn(rules, name));
  return [
    ...unknown.map((name) => ({
      pointer: `/${escapePointer(name)}`,
      message: `is not known here; the members are ${Object.keys(rules).join(', ')}`,
    })),
    ...Object.entries(rules).flatMap(([name, rule]) => {
      const wanted = rule(members.get(name));
      return wanted === undefined ? [] : [{ pointer: `/${name}`, message: `must be ${wanted}` }];
    }),
  ];
}

/** RFC 6901, section 3. */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
