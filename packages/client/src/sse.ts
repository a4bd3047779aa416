/** An event as it stands in a stream. */
export interface ServerSentEvent {
  /** The latest id that was said so far. */
  id: string;
  event: string;
  data: string;
  /** How long to wait before coming again, in milliseconds; null while nothing was said of it. */
  retryMs: number | null;
}

/** Reads `text/event-stream`, by section 9.2.6 of the HTML standard. */
export class SseParser {
  #rest = '';
  #isFirst = true;
  #id: string;
  /** Counts when the event is complete: a line can break in the middle of one. */
  #nextId: string;
  #wasKeptAlive = false;
  #retryMs: number | null = null;
  #event = '';
  #data: string[] = [];

  /** @param lastEventId what is known from an earlier stream. */
  constructor(lastEventId = '') {
    this.#id = lastEventId;
    this.#nextId = lastEventId;
  }

  get lastEventId(): string {
    return this.#id;
  }

  get retryMs(): number | null {
    return this.#retryMs;
  }

  /** Whether a comment came, by which a server shows that a quiet line is alive. */
  get wasKeptAlive(): boolean {
    return this.#wasKeptAlive;
  }

  /** @returns the events that are complete now. */
  push(text: string): ServerSentEvent[] {
    this.#rest += text;
    if (this.#isFirst && this.#rest !== '') {
      this.#rest = this.#rest.replace(/^\uFEFF/, '');
      this.#isFirst = false;
    }
    // A CR at the end may be the first half of a CRLF.
    const complete = /^[\s\S]*(?:\n|\r(?!$))/.exec(this.#rest)?.[0] ?? '';
    this.#rest = this.#rest.slice(complete.length);
    const lines = complete.split(/\r\n|\n|\r/);
    return lines.slice(0, -1).flatMap((line) => this.#take(line) ?? []);
  }

  #take(line: string): ServerSentEvent | null {
    if (line === '') return this.#dispatch();
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === '') this.#wasKeptAlive = true;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#nextId = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.#retryMs = Number(value);
    return null;
  }

  #dispatch(): ServerSentEvent | null {
    const data = this.#data;
    const event = this.#event || 'message';
    this.#data = [];
    this.#event = '';
    this.#id = this.#nextId;
    if (data.length === 0) return null;
    return { id: this.#id, event, data: data.join('\n'), retryMs: this.#retryMs };
  }
}
