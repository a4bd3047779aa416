import type { Queryable } from '../pool.ts';

/** What `schema.prisma` can describe of a database, sorted and in words; two databases that agree give equal values. */
export async function readCatalog(db: Queryable) {
  return {
    columns: await readLines(db, columnsSql),
    enums: await readLines(db, enumsSql),
    indexes: await readLines(db, indexesSql),
    constraints: await readLines(db, constraintsSql),
  };
}

async function readLines(db: Queryable, sql: string): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(sql);
  return rows.map(({ line }) => line);
}

const ours = `relnamespace = 'public'::regnamespace AND relname <> '_prisma_migrations'`;

const columnsSql = `
  SELECT concat_ws(' ', relname || '.' || attname, format_type(atttypid, atttypmod),
    CASE WHEN attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(adbin, adrelid)) AS line
  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE ${ours} AND relkind = 'r' AND attnum > 0 AND NOT attisdropped ORDER BY 1`;

const enumsSql = `
  SELECT typname || ' ' || string_agg(enumlabel, ' ' ORDER BY enumsortorder) AS line
  FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid
  WHERE typnamespace = 'public'::regnamespace GROUP BY typname ORDER BY 1`;

const indexesSql = `
  SELECT pg_get_indexdef(indexrelid) AS line FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
  WHERE ${ours} ORDER BY 1`;

const constraintsSql = `
  SELECT relname || '.' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid) AS line
  FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
  WHERE ${ours} AND contype IN ('p', 'u', 'f') ORDER BY 1`;
