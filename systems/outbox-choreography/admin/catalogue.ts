import type { PgClient } from 'makegood'

/** A table as PostgreSQL itself describes it. */
export interface TableDescription {
  readonly columns: readonly Column[]
  readonly constraints: readonly Constraint[]
}

export interface Column {
  readonly name: string
  /** With its precision or length, as in `numeric(10,2)`. */
  readonly type: string
  readonly isNullable: boolean
  /** The expression for rows that are added without it. */
  readonly default: string | null
  /** The database gives it its value: a number that counts up, an expression of other columns. */
  readonly isGenerated: boolean
  readonly comment: string | null
  /** All that it can be, where the database knows: an enum, `check (… in (…))`, a boolean. */
  readonly choices: readonly string[] | undefined
  /** In characters. */
  readonly lengthMax: number | undefined
}

export interface Constraint {
  readonly name: string
  readonly kind: 'primary key' | 'unique' | 'check' | 'foreign key'
  readonly columns: readonly string[]
  /** What a check wants, or which table a foreign key is of. */
  readonly wants: string
}

/** @throws Error, if there is no such table. */
export async function describeTable(db: PgClient, table: string): Promise<TableDescription> {
  const [columns, constraints] = await Promise.all([
    db.query<ColumnRow>(columnsOf, [table]),
    db.query<Constraint>(constraintsOf, [table]),
  ])
  return {
    columns: columns.rows.map(row => ({
      name: row.name,
      type: row.type,
      isNullable: row.isNullable,
      default: row.isGenerated ? null : row.default,
      isGenerated: row.isGenerated,
      comment: row.comment,
      choices: choicesOf(row, constraints.rows),
      lengthMax: lengthOf(row.type),
    })),
    constraints: constraints.rows,
  }
}

type ColumnRow = Omit<Column, 'choices' | 'lengthMax'> & { readonly labels: readonly string[] }

function choicesOf(
  { name, type, labels }: ColumnRow,
  constraints: readonly Constraint[],
): readonly string[] | undefined {
  if (type === 'boolean') return ['true', 'false']
  if (labels.length > 0) return labels
  for (const { kind, columns, wants } of constraints) {
    if (kind !== 'check' || columns.length !== 1 || columns[0] !== name) continue
    // `check (status in ('a', 'b'))`, as the catalogue writes it, whatever type the texts are of.
    const list =
      /^CHECK \(+\w+\)?(?:::\w+)? = ANY \(+ARRAY\[((?:'(?:[^']|'')*'::[\w ]+(?:, )?)+)\]\)*(?:::[\w[\]]+\)*)?$/.exec(
        wants,
      )
    if (list !== null)
      return [...list[1]!.matchAll(/'((?:[^']|'')*)'::/g)].map(([, text]) => text!.replaceAll("''", "'"))
  }
  return undefined
}

function lengthOf(type: string): number | undefined {
  const length = /^character(?: varying)?\((\d+)\)$/.exec(type)
  return length === null ? undefined : Number(length[1])
}

const columnsOf = `
  select
    a.attname::text as name,
    format_type(a.atttypid, a.atttypmod) as type,
    not a.attnotnull as "isNullable",
    pg_get_expr(d.adbin, d.adrelid) as default,
    a.attidentity <> '' or a.attgenerated <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false)
      as "isGenerated",
    col_description(a.attrelid, a.attnum) as comment,
    array(select e.enumlabel::text from pg_enum e where e.enumtypid = a.atttypid order by e.enumsortorder) as labels
  from pg_attribute a
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
  order by a.attnum
`

// What must be unique is read from the indexes: not every one of them has a constraint to its name.
const constraintsOf = `
  select
    c.conname::text as name,
    case c.contype when 'c' then 'check' else 'foreign key' end as kind,
    array(
      select a.attname::text
      from unnest(c.conkey) with ordinality as k (attnum, at)
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
      order by k.at
    ) as columns,
    case c.contype when 'c' then pg_get_constraintdef(c.oid) else c.confrelid::regclass::text end as wants
  from pg_constraint c
  where c.conrelid = $1::regclass and c.contype in ('c', 'f')
  union all
  select
    i.indexrelid::regclass::text,
    case when i.indisprimary then 'primary key' else 'unique' end,
    array(
      select a.attname::text
      from unnest(i.indkey::int[]) with ordinality as k (attnum, at)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      order by k.at
    ),
    ''
  from pg_index i
  where i.indrelid = $1::regclass and i.indisunique
  order by name
`
