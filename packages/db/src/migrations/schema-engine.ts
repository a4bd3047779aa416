import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';

type SchemaEngine = Awaited<ReturnType<typeof engineModule.SchemaEngine.new>>;

/** What is used of the global; its types come only with the whole DOM library. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, unknown>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

let loading: Promise<void> | undefined;

/**
 * Runs `work` with Prisma's schema engine as WebAssembly, speaking to the database through `pg`. It is the engine
 * behind `prisma migrate`, without the native binary that the command line would download first.
 *
 * @param schema content of schema.prisma, when it is to be turned into SQL.
 */
export async function withSchemaEngine<T>(
  databaseUrl: string,
  schema: string | undefined,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  loading ??= loadWasm();
  await loading;
  const factory = new WholeScripts({ connectionString: databaseUrl });
  const datamodels: Array<[string, string]> | undefined = schema ? [['schema.prisma', schema]] : undefined;
  const adapter = bindMigrationAwareSqlAdapterFactory(factory);
  const engine = await engineModule.SchemaEngine.new({ datamodels }, () => undefined, adapter);
  try {
    return await work(engine);
  } finally {
    engine.free();
    await factory.disconnect();
  }
}

/**
 * The adapter splits a script at every `;`, also at those inside a function's body. Sent whole, PostgreSQL splits it
 * itself and runs it as one transaction, as the native engine does. The engine leaves its connections, and with them
 * its advisory lock, to time out; so they are closed here.
 */
class WholeScripts extends PrismaPg {
  readonly #adapters: Array<Awaited<ReturnType<PrismaPg['connect']>>> = [];

  override async connect() {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script);
    };
    this.#adapters.push(adapter);
    return adapter;
  }

  async disconnect() {
    await Promise.all(this.#adapters.map((adapter) => adapter.dispose()));
  }
}

/** The package's own entry imports the .wasm file as a module, which only bundlers can do. */
async function loadWasm(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const { instance } = await WebAssembly.instantiate(await readFile(entry.replace(/\.js$/, '.wasm')), {
    './schema_engine_bg.js': withPassiveTimers(engineModule),
  });
  engineModule.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
}

/** The engine never clears the timer of its advisory lock, which would keep a finished process alive for 10 s. */
function withPassiveTimers(imports: object): Record<string, unknown> {
  const passive = (work: () => void, ms: number) => setTimeout(work, ms).unref();
  return Object.fromEntries(
    Object.entries(imports).map(([name, value]) => [
      name,
      name.startsWith('__wbg_setTimeout_') ? passive : value,
    ]),
  );
}
