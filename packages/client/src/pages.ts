/** A part of a list. */
export interface Page<Entry> {
  data: Entry[];
  /** Null at the end. */
  nextCursor: string | null;
}

/** A list that is fetched page by page, as far as it is read: `for await (const prompt of client.prompts.list())`. */
export class Pages<Entry> implements AsyncIterable<Entry> {
  readonly #fetch: (cursor?: string) => Promise<Page<Entry>>;

  /** @param fetch gets a page: without a cursor the one that was asked for. */
  constructor(fetch: (cursor?: string) => Promise<Page<Entry>>) {
    this.#fetch = fetch;
  }

  /** One page: the first, or that of the cursor in the query. */
  page(): Promise<Page<Entry>> {
    return this.#fetch();
  }

  /** Every page until the end. */
  async *pages(): AsyncGenerator<Page<Entry>, void, undefined> {
    let page = await this.#fetch();
    yield page;
    while (page.nextCursor !== null) {
      page = await this.#fetch(page.nextCursor);
      yield page;
    }
  }

  /** Every entry until the end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Entry, void, undefined> {
    for await (const { data } of this.pages()) yield* data;
  }
}
