/** The health check of a container: exit code 0 when the address, the only argument, answers with success in time. */
const response = await fetch(process.argv[2] ?? '', { signal: AbortSignal.timeout(4_000) });
process.stdout.write(`${response.status} ${await response.text()}\n`);
process.exit(response.ok ? 0 : 1);
