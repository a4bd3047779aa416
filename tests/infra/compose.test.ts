import { describe, expect, it } from '@jest/globals';
import { type ProcessName, readSettings } from '../../scripts/render-configuration.ts';
import { lastOf, readRepositoryFile, readServices, readStages } from './deployment.ts';

const services = await readServices();
const stages = await readStages();
const all = Object.entries(services);
const built = all.flatMap(([name, { build, ...service }]) => (build ? [{ name, build, service }] : []));
const isOneShot = ({ restart }: { restart: string }) => restart === 'no';

/** What each of our services reads; `migrate` reads what infra/migrate.ts names. */
async function settingsOf(service: string) {
  if (service === 'migrate') {
    const source = await readRepositoryFile('infra/migrate.ts');
    const names = /const \{ (.*) \} = process\.env/.exec(source)?.[1]?.split(', ') ?? [];
    return { names, required: ['DATABASE_URL'], graceMs: 0 };
  }
  const name = service === 'simulator' ? 'model-simulator' : (service as ProcessName);
  const { settings, required } = await readSettings(name);
  return {
    names: Object.keys(settings),
    required,
    graceMs: Number(settings['SHUTDOWN_GRACE_MS']?.default ?? 0),
  };
}

describe('docker-compose.yml', () => {
  it.each(all)(
    '%s comes from a pinned version or from a stage of the Dockerfile',
    (_name, { image, build }) => {
      if (build) expect([...stages.keys()]).toContain(build.target);
      else expect(image).toMatch(/^[a-z]+:\d+\.\d+(\.\d+)?-[a-z]+$/);
    },
  );

  it.each(all)('%s has a health check, or ends by itself', (_name, service) => {
    const check = lastOf(stages.get(service.build?.target ?? ''), 'HEALTHCHECK');
    const isChecked = Boolean(service.healthcheck) || (check !== undefined && check !== 'NONE');
    expect(isChecked).toBe(!isOneShot(service));
  });

  it.each(all)('%s may do nothing that it need not', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: expect.any(String),
    });
  });

  it.each(built)(
    '$name is given settings that it knows, and those that it needs',
    async ({ name, build, service }) => {
      const { names, required } = await settingsOf(name);
      const image = lastOf(stages.get(build.target), 'ENV')?.matchAll(/(\w+)=/g) ?? [];
      const given = [
        ...Object.keys(service.environment ?? {}),
        ...[...image].map(([, variable]) => variable),
      ];
      expect(
        given.filter((variable) => variable && !names.includes(variable) && variable !== 'NODE_ENV'),
      ).toEqual([]);
      expect(given).toEqual(expect.arrayContaining(required));
    },
  );

  it.each(built)('$name is not killed while it stops', async ({ name, service }) => {
    const { graceMs } = await settingsOf(name);
    // The process ends itself eight seconds after its grace period (`hardLimitMs` in main.ts).
    const limitMs = graceMs > 0 ? graceMs + 8_000 : 0;
    expect(parseInt(service.stop_grace_period ?? '10s', 10) * 1_000).toBeGreaterThan(limitMs);
    expect(service.environment ?? {}).not.toHaveProperty('SHUTDOWN_GRACE_MS');
  });

  it.each(built)('$name hears a signal from its first moment', ({ service }) => {
    expect(service.init).toBe(true);
  });

  it('is reachable from this machine only', () => {
    const ports = all.flatMap(([, service]) => service.ports ?? []);
    expect(ports).toEqual(['127.0.0.1:3000:3000']);
  });

  it('lets the worker be started many times', () => {
    expect(services['worker']).not.toHaveProperty('container_name');
    expect(services['worker']).not.toHaveProperty('ports');
  });

  it("does not start without the operator's password", () => {
    expect(services['api']?.environment?.['BOARD_PASSWORD']).toMatch(/^\$\{BOARD_PASSWORD:\?.+\}$/);
  });
});

describe('Dockerfile', () => {
  it('is built on the Node that the start script installs', async () => {
    const toolchain = await readRepositoryFile('scripts/toolchain-node.mjs');
    const version = /'linux-x64': \{.*version: '([\d.]+)'/.exec(toolchain)?.[1];
    const images = [...stages.values()].map(({ from }) => from).filter((from) => !stages.has(from));
    expect(images).toEqual([`node:${version}-bookworm-slim`]);
  });

  it.each(built)('$name runs as an ordinary user', ({ build }) => {
    expect(lastOf(stages.get(build.target), 'USER')).toBe('node');
  });

  it.each(built)('$name is started as node itself, which then gets the signals', ({ build }) => {
    expect(lastOf(stages.get(build.target), 'CMD')).toMatch(/^\["node", "(apps|infra)\/\S+\.ts"\]$/);
  });

  it('installs nothing with install scripts', () => {
    const runs = [...stages.values()].flatMap(({ instructions }) => instructions.map(({ rest }) => rest));
    const installs = runs.filter((rest) => rest.includes('npm ci'));
    expect(installs).not.toEqual([]);
    expect(installs.filter((rest) => !rest.includes('--ignore-scripts'))).toEqual([]);
  });
});
