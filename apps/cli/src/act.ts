import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';

/** What a command does with its arguments and options, as they were declared; without an exit code it went well. */
export type Run<Parameters extends unknown[]> = (
  context: Context,
  ...parameters: Parameters
) => Promise<ExitCode | undefined>;

/** Makes a command carry something out. */
export type Act = <Parameters extends unknown[]>(
  run: Run<Parameters>,
) => (...parameters: [...Parameters, Command]) => Promise<void>;
