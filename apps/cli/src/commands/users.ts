import { plans, type UserPlan } from '@formaops/core';
import type { StoredUser } from '@formaops/db';
import { type Command, Option } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { withDatabase } from './with-database.ts';

/** `users …`: what an operator does in the database itself; needs no API and no key. */
export function addUserCommands(program: Command, act: Act): void {
  const users = program
    .command('users')
    .description('create users, set plans, issue first keys (operators; DATABASE_URL)');
  users.command('list').description('list users by their addresses').action(act(list));
  users
    .command('create')
    .description('create a user, and print a first API key for them')
    .argument('<email>')
    .option('--name <name>')
    .addOption(planOption().default('FREE'))
    .addHelpText('after', examples('users create ada@example.com --name Ada --plan PRO'))
    .action(act(create));
  users
    .command('set-plan')
    .description('give a user another plan; it holds everywhere within 5 seconds')
    .argument('<email>')
    .argument('<plan>', plans.join(', '))
    .addHelpText('after', examples('users set-plan ada@example.com ENTERPRISE'))
    .action(act(setPlan));
  users
    .command('key')
    .description('print another API key for a user')
    .argument('<email>')
    .option('--name <name>', 'of the key', 'issued by an operator')
    .action(act(issueKey));
}

function planOption(): Option {
  return new Option('--plan <plan>').choices([...plans]);
}

async function list(context: Context): Promise<undefined> {
  const users = await withDatabase(context, async (db, { listUsers }) => {
    const all: StoredUser[] = [];
    for (;;) {
      const page = await listUsers(db, { afterEmail: all.at(-1)?.email ?? null, limit: 500 });
      all.push(...page);
      if (page.length < 500) return all;
    }
  });
  context.show(users, () =>
    context.table(
      ['Id', 'Email', 'Name', 'Plan', 'Created'],
      users.map((user) => [user.id, user.email, user.name, user.plan, user.createdAt.toISOString()]),
    ),
  );
  return undefined;
}

async function create(
  context: Context,
  email: string,
  { name, plan }: { name?: string; plan: UserPlan },
): Promise<undefined> {
  const issued = await withDatabase(context, async (db, { findUserByEmail, bootstrapUser }) => {
    if (await findUserByEmail(db, email)) {
      throw new CliError(
        `There is a user ${email} already; formaops users key ${email} issues another key`,
        exitCodes.failed,
      );
    }
    return bootstrapUser(db, { email, plan, ...(name !== undefined && { name }) }, 'first key');
  });
  if (issued.kind !== 'issued') {
    throw issued.kind === 'too-many' ? tooManyKeys(email) : new CliError(`${email} is not an e-mail address`);
  }
  const { user, secret } = issued;
  context.show(
    { user, apiKey: secret },
    () =>
      `${context.facts([
        ['User', user.id],
        ['Email', user.email],
        ['Plan', user.plan],
      ])}\n\n${secret}`,
  );
  context.screen.say('The key is shown this once.');
  return undefined;
}

async function setPlan(context: Context, email: string, planName: string): Promise<undefined> {
  const plan = plans.find((one) => one === planName.toUpperCase());
  if (plan === undefined) throw new CliError(`The plan must be one of ${plans.join(', ')}`);
  const user = await withDatabase(context, async (db, { updateUser }, found) =>
    updateUser(db, (await found(email)).id, { plan }),
  );
  context.show(user, () => `${email} has the plan ${plan}`);
  return undefined;
}

async function issueKey(context: Context, email: string, { name }: { name: string }): Promise<undefined> {
  const issued = await withDatabase(context, async (db, { insertApiKey }, found) =>
    insertApiKey(db, (await found(email)).id, { name }),
  );
  if (issued.kind !== 'issued') throw tooManyKeys(email);
  context.show({ ...issued.apiKey, apiKey: issued.secret }, () => issued.secret);
  context.screen.say('The key is shown this once.');
  return undefined;
}

const tooManyKeys = (email: string) =>
  new CliError(`${email} has as many active keys as a user can have; revoke one first`, exitCodes.failed);
