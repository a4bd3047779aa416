import { connect, type Socket } from 'node:net';

export interface Answer {
  /** 0 when the connection broke. */
  status: number;
  body: string;
}

/** One kept-alive connection with at most one request under way. */
export interface HttpConnection {
  /** Sends a whole request; `onAnswer` is called once. */
  send(request: string, onAnswer: (answer: Answer) => void): void;
  isBroken(): boolean;
  close(): void;
}

/**
 * A bare client for answers with a `content-length`: `node:http` would cost about as much as the server does, and the
 * two share the machine.
 */
export function openConnection(port: number): HttpConnection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let waiting: ((answer: Answer) => void) | undefined;
  let received = '';
  let broken = false;

  const answer = (result: Answer) => {
    const listener = waiting;
    waiting = undefined;
    received = '';
    listener?.(result);
  };
  const fail = () => {
    if (broken) return;
    broken = true;
    answer({ status: 0, body: '' });
  };
  onText(socket, (text) => {
    received = received === '' ? text : received + text;
    const end = endOfAnswer(received);
    if (end === undefined) return;
    answer({ status: Number(received.slice(9, 12)), body: received.slice(end.bodyAt) });
  });
  socket.on('error', fail).on('close', fail);

  return {
    send(request, onAnswer) {
      if (broken) return void setImmediate(onAnswer, { status: 0, body: '' });
      waiting = onAnswer;
      socket.write(request, 'latin1');
    },
    isBroken: () => broken,
    close: () => void socket.destroy(),
  };
}

/** Latin-1 keeps one character per byte, so that lengths can be compared. */
function onText(socket: Socket, listener: (text: string) => void): void {
  socket.setEncoding('latin1');
  socket.on('data', listener);
}

const lengthHeader = '\r\ncontent-length: ';

function endOfAnswer(text: string): { bodyAt: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd).toLowerCase();
  const at = head.indexOf(lengthHeader);
  if (at < 0) throw new Error(`an answer without a content-length:\n${head}`);
  const length = Number.parseInt(head.slice(at + lengthHeader.length), 10);
  return text.length >= headEnd + 4 + length ? { bodyAt: headEnd + 4 } : undefined;
}
