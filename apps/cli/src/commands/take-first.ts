/** Entries of one page at most. */
const maxPage = 100;

/** Reads so many pages of a list as it takes. */
export async function takeFirst<Entry>(
  count: number,
  read: (page: { limit: number; cursor?: string }) => Promise<{ data: Entry[]; nextCursor: string | null }>,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(maxPage, count - entries.length);
    const page = await read({ limit, ...(cursor !== undefined && { cursor }) });
    entries.push(...page.data);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && entries.length < count);
  return entries;
}
