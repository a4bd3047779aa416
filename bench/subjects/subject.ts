/** Where a subject keeps its queue. PostgreSQL-only queues name `postgres`. */
export type QueueBackend = 'redis' | 'postgres';

/**
 * What a subject works on during one run: a database of its own with the product's schema and one ENTERPRISE user with
 * one published prompt (`{{text}}`), and an empty Redis where its backend is Redis.
 */
export interface Target {
  backend: QueueBackend;
  databaseUrl: string;
  /** Null unless the backend is `redis`. */
  redisUrl: string | null;
  userId: string;
  promptId: string;
  /** Of that user; every request carries it as a bearer token. */
  apiKey: string;
}

/** A Node process to start. */
export interface ProcessSpec {
  /** Absolute path of a script that Node runs as it is. */
  script: string;
  nodeArgs?: readonly string[];
  args?: readonly string[];
  /** All it needs besides `PATH` and `NODE_ENV=production`; nothing else is inherited. */
  env: Readonly<Record<string, string>>;
}

export interface WorkerOptions {
  /** Executions that one worker process runs at the same time. */
  concurrency: number;
}

/**
 * One contestant: an HTTP server that accepts executions and a worker that runs them, as processes of their own.
 *
 * The server answers `POST /v1/executions` with the body `{"promptId": …, "inputs": {"text": …}}` (and the headers
 * `authorization: Bearer …` and `idempotency-key: …`, which only we have to heed) with 202 and a JSON object with the
 * `id`, once the execution is stored and will run. It listens on 127.0.0.1, on a free port (`PORT=0`).
 *
 * Both processes call `process.send({ ready: true, port })` once they are ready (the worker leaves the port out), end
 * in good order on SIGTERM, within 10 s, and end by themselves when the IPC channel closes (`disconnect`), so that
 * nothing outlives a benchmark that was killed. What they print goes to a file that is shown when they fail.
 */
export interface Subject {
  /** For `--subject`, and the name of its folder. */
  name: string;
  /** As the report calls it. */
  title: string;
  /** Set where only the worker is another one: not in `--quick`, nor where no worker runs. */
  isVariant?: true;
  backends: readonly QueueBackend[];
  /** Makes the target ready before any process starts: tables of a queue's own, triggers switched off. */
  prepare(target: Target): Promise<void>;
  api(target: Target): ProcessSpec;
  worker(target: Target, options: WorkerOptions): ProcessSpec;
}
