/**
 * A statement that a connection plans once, under this name: planning takes PostgreSQL 0.5 to 1.5 ms for the larger ones,
 * which is most of what they cost for a single row. Behind a pooler that shares connections by the transaction, the pooler
 * has to know of such statements (PgBouncer does from 1.21 on).
 *
 * @param name unique among the statements of a process.
 */
export function prepared(name: string, text: string): { name: string; text: string } {
  return { name: `formaops_${name}`, text };
}
