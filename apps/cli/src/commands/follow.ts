import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { cleanTerminal, toJson } from '../output/clean-terminal.ts';
import type { Screen } from '../output/screen.ts';
import { describeLog } from './logs.ts';
import { describeCost, describeFailures, exitCodeFor } from './show-execution.ts';

/** Shows what happens to an execution until it has ended: its log to one side, the output to the other. */
export async function follow(id: string, context: Context): Promise<ExitCode> {
  const client = await context.client();
  const { screen, signal, json } = context;
  const { write, say, end } = sides(screen);
  let written = '';
  try {
    for await (const event of client.executions.stream(id, { signal })) {
      if (json) screen.print(toJson(event));
      else if (event.type === 'log') say(describeLog(event));
      else if (event.type === 'output') {
        // Another attempt begins anew, and so does what is shown of it.
        if (event.offset === 0 && written !== '') write('\n');
        written = event.offset === 0 ? event.text : written + event.text;
        write(cleanTerminal(event.text));
      }
    }
  } catch (error) {
    if (signal.aborted) screen.say(`\n${id} goes on. formaops cancel ${id} stops it.`);
    throw error;
  }
  const execution = await client.request('getExecution', { path: { id }, signal });
  if (!json) {
    const { output, status, validationStatus, verdicts } = execution;
    // What streamed by may have begun before anybody followed.
    if (output !== null && output !== written) write(`${written === '' ? '' : '\n'}${cleanTerminal(output)}`);
    end();
    say(`${id} ${status}, validation ${validationStatus}, ${describeCost(execution)}`);
    for (const line of describeFailures(verdicts)) say(line);
  }
  return exitCodeFor(execution);
}

/** Both sides of a screen. Where somebody looks they share it, and nothing is said in the midst of a line of the output. */
function sides(screen: Screen): Pick<Screen, 'write' | 'say'> & { end(): void } {
  const isShared = screen.columns !== undefined;
  let isLineOpen = false;
  const write = (text: string) => {
    screen.write(text);
    isLineOpen = !text.endsWith('\n');
  };
  return {
    write,
    say(text) {
      if (isShared && isLineOpen) write('\n');
      screen.say(text);
    },
    end() {
      if (!isShared || isLineOpen) write('\n');
    },
  };
}
