/** What the process was told: addresses and keys; see `settings.ts` for the names. */
export function readEnv(): NodeJS.ProcessEnv {
  return process.env;
}
