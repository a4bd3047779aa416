import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { cleanTerminal, toJson } from '../output/clean-terminal.ts';
import { describeLog } from './logs.ts';
import { describeCost, exitCodeFor } from './show-execution.ts';

/** Shows what happens to an execution until it has ended: its log to one side, the output to the other. */
export async function follow(id: string, context: Context): Promise<ExitCode> {
  const client = await context.client();
  const { screen, signal, json } = context;
  let written = '';
  try {
    for await (const event of client.executions.stream(id, { signal })) {
      if (json) screen.print(toJson(event));
      else if (event.type === 'log') screen.say(describeLog(event));
      else if (event.type === 'output') {
        // Another attempt begins anew, and so does what is shown of it.
        if (event.offset === 0 && written !== '') screen.write('\n');
        written = event.offset === 0 ? event.text : written + event.text;
        screen.write(cleanTerminal(event.text));
      }
    }
  } catch (error) {
    if (signal.aborted) screen.say(`\n${id} goes on. formaops cancel ${id} stops it.`);
    throw error;
  }
  const execution = await client.request('getExecution', { path: { id }, signal });
  if (!json) {
    const { output, status, validationStatus } = execution;
    // What streamed by may have begun before anybody followed.
    if (output !== null && output !== written)
      screen.write(`${written === '' ? '' : '\n'}${cleanTerminal(output)}`);
    screen.write('\n');
    screen.say(`${id} ${status}, validation ${validationStatus}, ${describeCost(execution)}`);
  }
  return exitCodeFor(execution);
}
