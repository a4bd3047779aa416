import { FormaError, type ValidationType } from '@formaops/core';
import type { Caller } from '@formaops/db';
import type { ConfigRemark } from '@formaops/validation';
import type { ApiDeps } from '../api-deps.ts';
import { invalidRequest } from '../http/parse.ts';
import type { RequestProblem } from '../http/problem.ts';

/** Something that is allowed and probably not meant. */
export type ConfigWarning = Omit<RequestProblem, 'code'>;

/** @throws FormaError `PLAN_FORBIDDEN` where the caller's plan has no validations of one of these types. */
export function requireTypes(
  types: readonly ValidationType[],
  { plan }: Caller,
  { limits }: Pick<ApiDeps, 'limits'>,
): void {
  if (types.includes('FUNCTION') && !limits[plan].functionValidations) {
    throw new FormaError('PLAN_FORBIDDEN', {
      message: `The plan ${plan} does not include FUNCTION validations`,
    });
  }
}

/**
 * Compiles a config in the sandbox, and runs nothing.
 *
 * @returns what the author should know about it.
 * @throws FormaError `INVALID_REQUEST` with every problem, `SANDBOX_UNAVAILABLE`.
 */
export async function checkValidation(
  { type, config }: { type: ValidationType; config: unknown },
  { userId }: Caller,
  { judge }: ApiDeps,
): Promise<ConfigWarning[]> {
  const { code, problems, warnings } = await judge.check({ tenantId: userId, type, config });
  if (code !== null) throw invalidRequest(problems.map((remark) => ({ ...atConfig(remark), code })));
  return warnings.map(atConfig);
}

function atConfig({ pointer, message }: ConfigRemark): ConfigWarning {
  return { pointer: `/config${pointer}`, detail: message };
}
