/** How a call ended, as it leaves the isolate. */
export interface CallEnd {
  code:
    | 'FUNCTION_REJECTED'
    | 'FUNCTION_THREW'
    | 'FUNCTION_BAD_RESULT'
    | 'FUNCTION_ASYNC_UNSUPPORTED'
    | 'FUNCTION_INVALID'
    | null;
  errors: Array<{ message: string; path: string }>;
  /** The returned value, as JSON. */
  value?: string;
}

export interface WrapperLimits {
  maxErrors: number;
  maxChars: number;
  maxValueChars: number;
}

/**
 * Runs inside the isolate, from its source text: it must not use anything of this file. It is evaluated in a fresh
 * context before the tenant's code, keeps the built-ins that it needs, and returns what calls a tenant's function. All
 * that the function does, throws or returns is looked at in here, under the clock of the call; only text gets out.
 */
export function wrapper(limits: WrapperLimits) {
  const { parse, stringify } = JSON;
  const { getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;
  const { isArray } = Array;
  const textOf = String;

  // Threads, compiled code, and callbacks that would run when nobody watches the clock.
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'console']) {
    Reflect.deleteProperty(globalThis, name);
  }

  type Code = NonNullable<CallEnd['code']>;

  // Without a prototype: the tenant may have given `toJSON` to every object.
  const bare = <T extends object>(value: T): T => setPrototypeOf(value, null);

  const cut = (text: string) =>
    text.length > limits.maxChars ? `${text.substring(0, limits.maxChars - 1)}…` : text;

  const write = (code: Code | null, errors: CallEnd['errors'], value?: string) =>
    stringify(bare({ code, errors: bare({ ...errors }), value }));

  const refuse = (code: Code, message: string) => write(code, [bare({ message: cut(message), path: '' })]);

  /** Calls no getter: it could run for ever, and is not needed for what an error is made of. */
  function dataOf(value: object, name: string): unknown {
    let holder: object | null = value;
    for (let level = 0; holder !== null && level < 10; level++) {
      const descriptor = getOwnPropertyDescriptor(holder, name);
      if (descriptor) return descriptor.value;
      holder = getPrototypeOf(holder);
    }
    return undefined;
  }

  function describe(thrown: unknown): string {
    if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null)
      return textOf(thrown);
    const message = dataOf(thrown, 'message');
    const name = dataOf(thrown, 'name');
    if (typeof message !== 'string') return 'threw an object without a message';
    return typeof name === 'string' ? `${name}: ${message}` : message;
  }

  function safely(text: () => string): string {
    try {
      return text();
    } catch {
      return 'threw something that cannot be shown';
    }
  }

  function toError(given: unknown): CallEnd['errors'][number] | undefined {
    if (typeof given === 'string') return bare({ message: cut(given), path: '' });
    if (typeof given !== 'object' || given === null) return undefined;
    const { message, path } = given as { message?: unknown; path?: unknown };
    if (typeof message !== 'string' || (path !== undefined && typeof path !== 'string')) return undefined;
    return bare({ message: cut(message), path: cut(path ?? '') });
  }

  function readErrors(given: unknown): CallEnd['errors'] | undefined {
    if (given === undefined) return [];
    if (!isArray(given)) return undefined;
    const errors: CallEnd['errors'] = [];
    for (let index = 0; index < given.length && index < limits.maxErrors; index++) {
      const error = toError(given[index]);
      if (error === undefined) return undefined;
      errors[index] = error;
    }
    return errors;
  }

  function readResult(result: unknown): string {
    if (result === true) return write(null, []);
    if (result === false) return refuse('FUNCTION_REJECTED', 'the function returned false');
    if (typeof result !== 'object' || result === null) {
      return refuse(
        'FUNCTION_BAD_RESULT',
        `the function returned ${result === null ? 'null' : `a value of type ${typeof result}`}`,
      );
    }
    const { then, valid, errors: given, value } = result as Record<string, unknown>;
    if (typeof then === 'function')
      return refuse('FUNCTION_ASYNC_UNSUPPORTED', 'the function returned a promise');
    if (typeof valid !== 'boolean') return refuse('FUNCTION_BAD_RESULT', '`valid` must be true or false');
    const errors = readErrors(given);
    if (errors === undefined)
      return refuse('FUNCTION_BAD_RESULT', '`errors` must be a list of texts or of { message, path? }');
    if (!valid && errors.length === 0) return refuse('FUNCTION_REJECTED', 'the function rejects the output');
    if (!valid) return write('FUNCTION_REJECTED', errors);
    if (value === undefined) return write(null, []);
    const json: unknown = stringify(value);
    if (typeof json !== 'string') return refuse('FUNCTION_BAD_RESULT', '`value` must be JSON');
    if (json.length > limits.maxValueChars)
      return refuse(
        'FUNCTION_BAD_RESULT',
        `\`value\` is longer than ${limits.maxValueChars} characters of JSON`,
      );
    return write(null, [], json);
  }

  return (thunk: () => unknown, json: string): string => {
    const { output, parsed, inputs, context } = parse(json);
    let result: unknown;
    try {
      const judge = thunk();
      if (typeof judge !== 'function') return refuse('FUNCTION_INVALID', 'the source is not a function');
      result = judge(output, { parsed, inputs, context });
    } catch (thrown) {
      return refuse(
        'FUNCTION_THREW',
        safely(() => describe(thrown)),
      );
    }
    try {
      return readResult(result);
    } catch (thrown) {
      return refuse(
        'FUNCTION_BAD_RESULT',
        `what the function returned cannot be read: ${safely(() => describe(thrown))}`,
      );
    }
  };
}
