import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { exists } from './exists.ts';
import { tolerate } from './tolerate.ts';

const run = promisify(execFile);

const TIMEOUT_MS = 10 * 60_000;

/** A folder that holds `usr`, `lib` and so on, as the packages lay them out. */
export interface PackageTree {
  readonly root: string;
  /** For LD_LIBRARY_PATH: every folder of the tree with shared libraries in it. */
  readonly libraryPath: string;
}

/**
 * Unpacks Debian packages, and what they need and the system lacks, into a folder of `cacheDir`. Works without root and changes nothing
 * outside that folder: apt gets state, lists and cache of its own, verifies signatures as ever, and no maintainer script is run. Done once;
 * processes may ask at the same time.
 *
 * @param packages the first one names the folder.
 * @param onFetch called before anything is downloaded.
 * @throws Error with apt's own words, also where there is no apt (systems other than Debian and Ubuntu).
 */
export async function installPrivately(
  packages: readonly string[],
  cacheDir: string,
  onFetch: () => void,
): Promise<PackageTree> {
  const root = resolve(cacheDir, String(packages[0]));
  if (!(await exists(root))) {
    onFetch();
    await fetchInto(root, packages);
  }
  return { root, libraryPath: (await libraryFolders(root)).join(':') };
}

/** Works beside `root` and moves the result there: what exists is complete. */
async function fetchInto(root: string, packages: readonly string[]): Promise<void> {
  await mkdir(dirname(root), { recursive: true });
  const work = await mkdtemp(`${root}.`);
  try {
    await download(packages, work);
    await unpack(work);
    await rename(join(work, 'tree'), root).catch(tolerate(['EEXIST', 'ENOTEMPTY'], undefined));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(packages: readonly string[], work: string): Promise<void> {
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  await mkdir(join(work, 'archives', 'partial'), { recursive: true });
  const config = join(work, 'apt.conf');
  await writeFile(config, privateConfiguration(work));
  const apt = (...args: string[]) =>
    run('apt-get', ['--config-file', config, '-qq', ...args], { timeout: TIMEOUT_MS });
  // When a source cannot be reached the packages may still come from the others; if not, this is the reason.
  const { stderr: complaints } = await apt('update').catch((error: Error) => ({ stderr: error.message }));
  await apt('install', '--download-only', '--yes', '--no-install-recommends', ...packages).catch(
    (cause: Error) => {
      throw new Error(`${complaints}${cause.message}`, { cause });
    },
  );
}

/** Read by apt after its own configuration (sources, proxies and keys stay as they are on this machine); see apt.conf(5). */
function privateConfiguration(work: string): string {
  return `
Dir::State "${work}";
Dir::State::lists "${work}/lists";
Dir::Cache "${work}";
Dir::Cache::archives "${work}/archives";
Dir::Log "${work}";
Debug::NoLocking "true";
Acquire::Languages "none";
Acquire::Retries "2";
// Root's apt would fetch as the user _apt, who may not be able to enter the folder.
APT::Sandbox::User "root";
// Desktop and container images refresh or clean the system's own caches here.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;
}

async function unpack(work: string): Promise<void> {
  const archives = (await readdir(join(work, 'archives'))).filter((name) => name.endsWith('.deb'));
  if (archives.length === 0) throw new Error('apt-get fetched nothing: the packages are installed already');
  for (const name of archives)
    await run('dpkg-deb', ['--extract', join(work, 'archives', name), join(work, 'tree')]);
}

async function libraryFolders(root: string): Promise<string[]> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const libraries = files.filter((file) => /^lib.*\.so(\.|$)/.test(file.name));
  return [...new Set(libraries.map((file) => file.parentPath))];
}
