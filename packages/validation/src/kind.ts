import type { ConfigCheck, ConfigCode, ConfigRemark } from './judge.ts';
import type { CheckRun, JudgeResult, JudgeRun } from './sandbox/protocol.ts';

/**
 * One kind of validation, as it runs in a sandbox child. May run for as long as the tenant's config makes it run, and
 * may take the process with it: nobody else may call it.
 */
export interface Kind {
  judge(run: JudgeRun): JudgeResult | Promise<JudgeResult>;
  /** Compiles, and runs nothing. */
  check(run: CheckRun): ConfigCheck | Promise<ConfigCheck>;
}

/** A config whose shape and size are right, in the form that goes to the child; or what is wrong with it. */
export type ReadConfig<C> = { config: C; code?: never } | { code: ConfigCode; problems: ConfigRemark[] };
