import { types } from 'node:util';
import ivm from 'isolated-vm';
import { createKept } from '../kept.ts';
import { type WrapperLimits, wrapper } from './wrapper.ts';

/** Longest JSON of a value that a function may return, in characters. */
export const maxValueChars = 262_144;

const limits: WrapperLimits = { maxErrors: 50, maxChars: 500, maxValueChars };
const maxScripts = 50;
const fileName = 'validation.js';

/** An isolate that belongs to one tenant. */
export interface TenantIsolate {
  /**
   * Compiles a source, or takes it from what was compiled before.
   *
   * @returns what is wrong with it when it is no expression.
   */
  compile(source: string, configHash: string): ivm.Script | { problem: string };
  /**
   * Calls a function in a context of its own, which nothing survives.
   *
   * @param json `{ output, parsed, inputs, context }`
   * @returns JSON of a `CallEnd`; anything else comes from hostile code.
   * @throws Error of isolated-vm after a time-out or when the isolate's memory is full; it cannot be used again.
   */
  call(script: ivm.Script, json: string, timeoutMs: number): Promise<unknown>;
  dispose(): void;
}

export function createTenantIsolate(memoryMb: number): TenantIsolate {
  const isolate = new ivm.Isolate({
    memoryLimit: memoryMb,
    // The isolate cannot be left any more, not even to throw: end as a process that is out of memory does.
    onCatastrophicError: () => process.abort(),
  });
  const prelude = isolate.compileScriptSync(`'use strict'; (${wrapper})(${JSON.stringify(limits)})`);
  const scripts = createKept<ivm.Script>(maxScripts);

  /** What closes one kind of bracket on its own does not fit into the other: only an expression fits into both. */
  function compileExpression(source: string): ivm.Script {
    isolate.compileScriptSync(`'use strict'; () => [${source}\n]`, { filename: fileName, columnOffset: -21 });
    return isolate.compileScriptSync(`'use strict'; () => (${source}\n)`, {
      filename: fileName,
      columnOffset: -21,
    });
  }

  return {
    compile(source, configHash) {
      try {
        return scripts.get(configHash) ?? scripts.set(configHash, compileExpression(source));
      } catch (error) {
        if (isolate.isDisposed) throw error;
        return { problem: messageOf(error) };
      }
    },
    async call(script, json, timeoutMs) {
      // Until the call itself no line of the tenant's runs, so that all of this may block.
      const context = isolate.createContextSync();
      const call = prelude.runSync(context, { reference: true });
      try {
        const thunk = script.runSync(context, { reference: true });
        const callArguments = [thunk.derefInto({ release: true }), json];
        return await call.apply(undefined, callArguments, { timeout: timeoutMs });
      } finally {
        call.release();
        context.release();
      }
    },
    dispose() {
      if (!isolate.isDisposed) isolate.dispose();
    },
  };
}

/** What isolated-vm says; its errors may come from another realm. */
export function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : '';
}
