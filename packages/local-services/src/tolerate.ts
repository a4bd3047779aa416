/** @returns a handler for `catch` that answers `value` to the system errors named and lets all others pass. */
export function tolerate<T>(codes: readonly string[], value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code !== undefined && codes.includes(error.code)) return value;
    throw error;
  };
}
