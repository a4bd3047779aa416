/**
 * A process: clients that follow executions by server-sent events, some of which never read. It tells every second what
 * came, and how many were cut off.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface EventClientsPlan {
  port: number;
  apiKey: string;
  executionIds: readonly string[];
  clients: number;
  /** Every so-manieth never reads. */
  deafEvery: number;
}

export type EventClientsMessage = { ready: true } | { events: number; bytes: number; closed: number };

process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());

const plan = JSON.parse(String(process.argv[2])) as EventClientsPlan;
const seen = { events: 0, bytes: 0, closed: 0 };
/** Few enough that the server's line of new connections does not overflow. */
const atOnce = 50;

for (let n = 0; n < plan.clients; n += atOnce) {
  await Promise.all(
    Array.from({ length: Math.min(atOnce, plan.clients - n) }, (_, index) => open(n + index)),
  );
}
process.send?.({ ready: true } satisfies EventClientsMessage);
setInterval(() => process.send?.({ ...seen } satisfies EventClientsMessage), 1_000);

async function open(n: number): Promise<void> {
  const id = plan.executionIds[n % plan.executionIds.length];
  const socket = connect({ port: plan.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    seen.closed += 1;
  });
  socket.write(
    `GET /v1/executions/${id}/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${plan.apiKey}\r\n\r\n`,
  );
  const head = String(await firstOf(socket));
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`a stream was refused: ${head.slice(0, 200)}`);
  if (n % plan.deafEvery === 0) socket.pause();
  else socket.on('data', count);
}

async function firstOf(socket: Socket): Promise<Buffer> {
  const [piece] = await once(socket, 'data');
  return piece as Buffer;
}

function count(piece: Buffer): void {
  seen.bytes += piece.length;
  for (let at = piece.indexOf('event: '); at >= 0; at = piece.indexOf('event: ', at + 7)) seen.events += 1;
}
