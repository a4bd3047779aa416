/** The columns of rows that are handed to a statement, by their names in JSON, with their types in SQL. */
export type Columns<Name extends string> = Record<Name, string>;

export interface RowSource<Name extends string> {
  /** A `SELECT` of one row from parameters, for a prepared statement. */
  one: string;
  oneValues(row: Record<Name, unknown>): unknown[];
  /** A `SELECT` of any number of rows from one JSON parameter. */
  many: string;
  manyValues(rows: ReadonlyArray<Record<Name, unknown>>): [string];
}

/** One list of columns, for the statements that write one execution and for those that write a batch. */
export function rowSource<Name extends string>(columns: Columns<Name>): RowSource<Name> {
  const names = Object.keys(columns) as Name[];
  const quoted = names.map((name) => ({ name, column: `"${name}"`, type: columns[name] }));
  return {
    one: `SELECT ${quoted.map(({ column, type }, at) => `$${at + 1}::${type} AS ${column}`).join(', ')}`,
    oneValues: (row) =>
      names.map((name) =>
        columns[name] === 'jsonb' && row[name] !== null ? JSON.stringify(row[name]) : row[name],
      ),
    many: `SELECT * FROM json_to_recordset($1::json) AS s(${quoted.map(({ column, type }) => `${column} ${type}`).join(', ')})`,
    manyValues: (rows) => [JSON.stringify(rows)],
  };
}
