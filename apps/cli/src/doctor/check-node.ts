import type { Check } from './finding.ts';

const least = 24;

/** Whether Node runs TypeScript as the product needs it. */
export function checkNode(version: string): Check {
  return async () => {
    const major = Number(version.split('.', 1)[0]);
    const subject = 'Node';
    if (major >= least) return [{ subject, state: 'ok', detail: version }];
    const advice = `Start it through npm start or ./formaops, which fetch Node ${least}.`;
    return [{ subject, state: 'problem', detail: `${version} is too old`, advice }];
  };
}
