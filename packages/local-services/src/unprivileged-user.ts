import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SystemUser } from './guarded-server.ts';

const run = promisify(execFile);

const OWN = 'formaops';

/**
 * For root: the user that servers run as which refuse to be root. It is `formaops`, created as a system user without a home or a login
 * where `useradd` exists; elsewhere one that most systems have.
 *
 * @throws Error when there is none and none can be made.
 */
export async function unprivilegedUser(log: (message: string) => void): Promise<SystemUser> {
  const found =
    (await lookUp(OWN)) ?? (await create(log)) ?? (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (found === undefined)
    throw new Error(
      'PostgreSQL does not run as root, and there is no other user for it. Create one called formaops, or start as an ordinary user.',
    );
  return found;
}

async function lookUp(name: string): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(log: (message: string) => void): Promise<SystemUser | undefined> {
  const options = [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
  ];
  const created = await run('useradd', [...options, OWN]).then(
    () => true,
    // Without useradd there is another way; and another start may have been quicker, so look once more in any case.
    () => false,
  );
  if (created) log(`Created the system user ${OWN}: PostgreSQL does not run as root.`);
  return lookUp(OWN);
}
