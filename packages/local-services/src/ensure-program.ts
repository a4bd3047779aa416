import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installPrivately, type PackageTree } from './debian-packages.ts';
import { findExecutables } from './find-executables.ts';

export interface EnsureOptions {
  /** Keeps private copies of what the system lacks. */
  readonly cacheDir: string;
  /** Is told when a private copy is being fetched, since that takes a while. */
  readonly log?: ((message: string) => void) | undefined;
  /** Where to look first, written like PATH, which is also the default; '' looks nowhere. */
  readonly searchPath?: string | undefined;
}

/** A program that was seen to run, and what its environment has to contain. */
export interface Program {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ProgramSpec {
  readonly title: string;
  /** What the program may be called on this system, best first. */
  readonly names: readonly string[];
  /** Debian packages to unpack where there is none. */
  readonly packages: readonly string[];
  /** Where these packages have the program, from the root of the file system. */
  readonly pathInPackages: string;
  /** What the private copy's environment needs apart from its libraries. */
  readonly extraEnv?: (tree: PackageTree) => Promise<Record<string, string>>;
  /** Commands that install it on the usual systems. */
  readonly advice: string;
}

const run = promisify(execFile);

/**
 * Finds a program on the system, else unpacks a private copy of it from Debian packages.
 *
 * @throws Error that says what was tried and what to do.
 */
export async function ensureProgram(spec: ProgramSpec, options: EnsureOptions): Promise<Program> {
  for (const executablePath of findExecutables(spec.names, options.searchPath)) {
    const program = { executablePath, env: {} };
    // Ubuntu, for one, has a `chromium-browser` that only tells how to install one.
    if ((await problemOf(program)) === undefined) return program;
  }
  try {
    return await privateCopy(spec, options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new Error(
      `There is no ${spec.title}. None of ${spec.names.join(', ')} works on PATH, and no private copy could be made:\n${reason}\n${spec.advice}`,
      { cause },
    );
  }
}

async function privateCopy(spec: ProgramSpec, options: EnsureOptions): Promise<Program> {
  const tree = await installPrivately(spec.packages, options.cacheDir, () =>
    options.log?.(`Fetching a private ${spec.title} from the Debian packages, because the system has none …`),
  );
  const program = {
    executablePath: join(tree.root, spec.pathInPackages),
    env: { LD_LIBRARY_PATH: tree.libraryPath, ...(await spec.extraEnv?.(tree)) },
  };
  const problem = await problemOf(program);
  if (problem !== undefined) throw problem;
  return program;
}

async function problemOf({ executablePath, env }: Program): Promise<Error | undefined> {
  return run(executablePath, ['--version'], { env: { ...env, HOME: '/nonexistent' } }).then(
    () => undefined,
    (error: Error) => error,
  );
}
