import type { Command } from 'commander';
import { Option } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { takeFirst } from './take-first.ts';

/** `keys …` and `whoami`. */
export function addKeyCommands(program: Command, act: Act): void {
  const keys = program.command('keys').description('issue and revoke API keys');
  keys
    .command('list')
    .description('list API keys, revoked ones included')
    .action(act((context, _options: object) => list(context)));
  keys
    .command('create')
    .description('issue an API key, and print it')
    .argument('<name>')
    .addOption(
      new Option('--scope <scope>', 'what it may do').choices(['read', 'write', 'both']).default('both'),
    )
    .addHelpText('after', examples("keys create 'Build server' --scope write"))
    .action(act(create));
  keys
    .command('rename')
    .description('give an API key another name')
    .argument('<id>')
    .argument('<name>')
    .action(act(rename));
  keys
    .command('revoke')
    .description('revoke an API key for good; it is refused everywhere within 5 seconds')
    .argument('<id>')
    .action(act(revoke));
  program
    .command('whoami')
    .description('show whose key this is, and what the plan allows')
    .action(act((context, _options: object) => whoami(context)));
}

async function list(context: Context): Promise<undefined> {
  const client = await context.client();
  const data = await takeFirst(1_000, (page) =>
    client.request('listApiKeys', { query: page, signal: context.signal }),
  );
  context.show(data, () =>
    context.table(
      ['Id', 'Name', 'Key', 'Scopes', 'Created', 'Last used', 'Revoked'],
      data.map((key) => [
        key.id,
        key.name,
        `${key.prefix}…${key.lastFour ?? ''}`,
        key.scopes.join(', '),
        key.createdAt,
        key.lastUsed,
        key.revokedAt,
      ]),
    ),
  );
  return undefined;
}

async function create(
  context: Context,
  name: string,
  { scope }: { scope: 'read' | 'write' | 'both' },
): Promise<undefined> {
  const client = await context.client();
  const scopes = scope === 'both' ? (['read', 'write'] as const) : ([scope] as const);
  const body = { name, scopes: [...scopes] };
  const issued = await client.request('createApiKey', { body, signal: context.signal });
  context.show(issued, () => issued.key);
  context.screen.say('The key is shown this once.');
  return undefined;
}

async function rename(context: Context, id: string, name: string): Promise<undefined> {
  const client = await context.client();
  const key = await client.request('updateApiKey', { path: { id }, body: { name }, signal: context.signal });
  context.show(key, () => `${id} is called ${key.name} now`);
  return undefined;
}

async function revoke(context: Context, id: string): Promise<undefined> {
  const client = await context.client();
  const key = await client.request('revokeApiKey', { path: { id }, signal: context.signal });
  context.show(key, () => `${key.name} is revoked`);
  return undefined;
}

async function whoami(context: Context): Promise<undefined> {
  const client = await context.client();
  const me = await client.request('getMe', { signal: context.signal });
  const { user, key, limits, usage } = me;
  const of = (limit: number | string | null) => (limit === null ? 'no limit' : String(limit));
  context.show(me, () =>
    context.facts([
      ['User', `${user.email}${user.name === null ? '' : ` (${user.name})`}`],
      ['Plan', user.plan],
      ['Key', `${key.name} (${key.scopes.join(', ')})`],
      ['Waiting', `${usage.waiting} of ${of(limits.maxWaiting)}`],
      ['Running', `${usage.running} of ${of(limits.maxRunning)}`],
      ['Requests left this minute', of(usage.requestsLeftThisMinute)],
      ['Spent today', `${usage.spentTodayUsd} USD of ${of(limits.maxCostUsdPerDay)}`],
    ]),
  );
  return undefined;
}
