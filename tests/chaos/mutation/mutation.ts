import type { Violation } from '../check/facts.ts';
import { countBy } from '../metrics.ts';
import type { Pressure } from '../profiles.ts';
import { runChaos } from '../run.ts';
import type { Scenario, ScenarioContext } from '../scenarios/scenario.ts';
import { makeBuild } from './build.ts';
import { type Edit, type Sabotage, sabotages } from './sabotages.ts';

/**
 * Proves the checker: six builds with a mistake in them have to fail it, each for the right reason, and the same build
 * without a mistake has to pass.
 */
export function mutationOf(pressure: Pressure): Scenario {
  return async (context) => {
    const control = await runBuild('control', [], pressure, context);
    const problems = control.length === 0 ? [] : ['the build without a mistake failed'];
    const measured: Record<string, unknown> = { control: countRules(control) };
    for (const sabotage of sabotages) {
      const violations = await runBuild(sabotage.name, sabotage.edits, pressure, context);
      measured[sabotage.name] = countRules(violations);
      const verdict = isCaught(sabotage, violations) ? 'caught' : 'NOT CAUGHT';
      context.log(
        `mutation: ${sabotage.name} (${sabotage.mistake}): ${verdict}, ${JSON.stringify(countRules(violations))}`,
      );
      if (verdict !== 'caught')
        problems.push(`${sabotage.name} was not caught by ${sabotage.caughtBy.join(' or ')}`);
    }
    return { measured, problems };
  };
}

export function isCaught({ caughtBy }: Sabotage, violations: readonly Violation[]): boolean {
  return violations.some(({ rule }) => caughtBy.includes(rule));
}

async function runBuild(
  label: string,
  edits: readonly Edit[],
  pressure: Pressure,
  { seed, backend, log }: ScenarioContext,
): Promise<Violation[]> {
  await using build = await makeBuild(edits);
  // What a sabotaged build does wrong is no news; what the control does wrong is.
  const tell = edits.length === 0 ? log : () => undefined;
  const run = { name: 'mutation', label: `mutation-${label}`, seed, backend, pressure, root: build.root };
  return (await runChaos({ ...run, log: tell })).violations;
}

function countRules(violations: readonly Violation[]): Record<string, number> {
  return countBy(violations, ({ rule }) => rule);
}
