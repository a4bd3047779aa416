import type { Body } from '@formaops/client';
import { type Command, Option } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { collect, toNumber } from './option-values.ts';
import { takeFirst } from './take-first.ts';

const types = ['execution.completed', 'execution.failed', 'execution.cancelled', '*'] as const;
type EventType = (typeof types)[number];

/** `webhooks …`. */
export function addWebhookCommands(program: Command, act: Act): void {
  const webhooks = program.command('webhooks').description('have your own servers told when executions end');
  webhooks
    .command('list')
    .description('list webhooks')
    .action(act((context, _options: object) => list(context)));
  webhooks
    .command('add')
    .description('register an endpoint, and print the secret that signs')
    .argument('<url>', 'https:// and a public address')
    .addOption(
      new Option('--event <type>', 'what to send; everything unless given (repeatable)')
        .choices([...types])
        .argParser(collect),
    )
    .option('--description <text>', 'for people')
    .addHelpText('after', examples('webhooks add https://example.com/hook --event execution.failed'))
    .action(act(add));
  for (const [name, description, isActive] of switches) {
    webhooks
      .command(name)
      .description(description)
      .argument('<id>')
      .action(act((context, id: string) => change(context, id, { isActive })));
  }
  webhooks
    .command('rotate-secret')
    .description('print a new secret; the old one signs as well for a while')
    .argument('<id>')
    .action(act(rotate));
  webhooks.command('test').description('send a test').argument('<id>').action(act(test));
  webhooks
    .command('deliveries')
    .description('list what was sent, newest first')
    .argument('<id>')
    .option('-n, --limit <count>', 'at most so many', toNumber, 20)
    .action(act(deliveries));
  webhooks
    .command('redeliver')
    .description('send something again')
    .argument('<id>', 'of the webhook')
    .argument('<delivery>', 'id of what was sent')
    .action(act(redeliver));
  webhooks
    .command('delete')
    .description('send nothing more, and forget what was sent')
    .argument('<id>')
    .action(act(remove));
}

const switches = [
  ['on', 'send to an endpoint again', true],
  ['off', 'send nothing to an endpoint for now', false],
] as const;

async function list(context: Context): Promise<undefined> {
  const client = await context.client();
  const { data } = await client.request('listWebhooks', { signal: context.signal });
  context.show(data, () =>
    context.table(
      ['Id', 'Address', 'Events', 'On', 'Failing since'],
      data.map((one) => [
        one.id,
        one.url,
        one.eventTypes.join(', '),
        one.isActive ? 'yes' : (one.disabledReason ?? 'no'),
        one.failingSince,
      ]),
    ),
  );
  return undefined;
}

async function add(
  context: Context,
  url: string,
  { event, description }: { event?: EventType[]; description?: string },
): Promise<undefined> {
  const client = await context.client();
  const body: Body<'createWebhook'> = {
    url,
    ...(event !== undefined && { eventTypes: event }),
    ...(description !== undefined && { description }),
  };
  const webhook = await client.request('createWebhook', { body, signal: context.signal });
  context.show(webhook, () => `${webhook.id}\n${webhook.secret}`);
  context.screen.say('The secret is shown this once.');
  return undefined;
}

async function change(context: Context, id: string, body: Body<'updateWebhook'>): Promise<undefined> {
  const client = await context.client();
  const webhook = await client.request('updateWebhook', { path: { id }, body, signal: context.signal });
  context.show(webhook, () => `${webhook.url} is ${webhook.isActive ? 'on' : 'off'}`);
  return undefined;
}

async function rotate(context: Context, id: string): Promise<undefined> {
  const client = await context.client();
  const webhook = await client.request('rotateWebhookSecret', { path: { id }, signal: context.signal });
  context.show(webhook, () => webhook.secret);
  context.screen.say(
    `The secret is shown this once. The old one signs as well until ${webhook.previousSecretUntil}.`,
  );
  return undefined;
}

async function test(context: Context, id: string): Promise<undefined> {
  const client = await context.client();
  const delivery = await client.request('testWebhook', { path: { id }, signal: context.signal });
  context.show(
    delivery,
    () => `${delivery.id} is on its way; formaops webhooks deliveries ${id} shows what became of it`,
  );
  return undefined;
}

async function deliveries(context: Context, id: string, { limit }: { limit: number }): Promise<undefined> {
  const client = await context.client();
  const data = await takeFirst(limit, (page) =>
    client.request('listWebhookDeliveries', { path: { id }, query: page, signal: context.signal }),
  );
  context.show(data, () =>
    context.table(
      ['Id', 'Event', 'Execution', 'Status', 'Attempts', 'Answered', 'Created'],
      data.map((one) => {
        const last = one.attempts.at(-1);
        return [
          one.id,
          one.eventType,
          one.executionId,
          one.status,
          one.attempts.length,
          last?.statusCode ?? last?.errorCode,
          one.createdAt,
        ];
      }),
    ),
  );
  return undefined;
}

async function redeliver(context: Context, id: string, deliveryId: string): Promise<undefined> {
  const client = await context.client();
  const path = { id, deliveryId };
  const delivery = await client.request('redeliverWebhook', { path, signal: context.signal });
  context.show(delivery, () => `${delivery.id} is on its way`);
  return undefined;
}

async function remove(context: Context, id: string): Promise<undefined> {
  const client = await context.client();
  await client.request('deleteWebhook', { path: { id }, signal: context.signal });
  context.show({ id, deleted: true }, () => `${id} is deleted`);
  return undefined;
}
