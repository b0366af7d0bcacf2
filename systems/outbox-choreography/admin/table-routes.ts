import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PgClient, Service, Tx } from 'makegood'
import type { Database } from '../../runner/database.ts'
import { type Entered, enteredIn, errorsOf, type FormErrors, fieldsOf, readForm } from './form.ts'
import { readListQuery } from './list-query.ts'
import { type Actor, actionsOn, enterAction } from './log.ts'
import { listPage } from './pages/list-page.ts'
import { deletePage, formPage, rowPage } from './pages/row-pages.ts'
import { deleteRow, findRow, insertRow, listRows, type Row, rowsOnPage, updateRow, valuesIn } from './rows.ts'
import { type Site, trouble } from './site.ts'
import { columnOf, type Table, type Values } from './table.ts'
import { isTime } from './times.ts'

export interface TableRoutesOptions {
  readonly service: Service<string, PgClient>
  readonly database: Database
  readonly site: Site
}

export function tableRoutes(app: FastifyInstance, { service, database, site }: TableRoutesOptions): void {
  app.get<ToTable>('/tables/:table/', async (request, reply) => {
    const table = await site.table(request.params.table)
    const query = readListQuery(table, request.query)
    const { rows, choices } = await database.transaction(async db => ({
      rows: await listRows(db, table, query),
      choices: Object.fromEntries(await choicesOfFilters(db, table)),
    }))
    return site.answer(request, reply, frame => listPage(frame, table, query, rows, choices))
  })

  app.get<ToRow>('/tables/:table/row/', async (request, reply) => {
    const table = await site.table(request.params.table)
    const row = await existing(table, request.query.key)
    const history = await database.transaction(db => actionsOn(db, table, row.key))
    return site.answer(request, reply, frame => rowPage(frame, table, row, history))
  })

  app.get<ToTable>('/tables/:table/add/', async (request, reply) => {
    const table = await offered(request, 'canAdd')
    return form(request, reply, table, undefined)
  })

  app.post<ToTable>('/tables/:table/add/', async (request, reply) => {
    const table = await offered(request, 'canAdd')
    const entered = enteredIn(request.body, table.columnsToSet(true))
    const { values, errors } = await readForm(database, table, undefined, entered)
    if (isWrong(errors)) return form(request, reply, table, undefined, entered, errors)
    const key = await tried(table, Object.keys(entered), async tx => {
      const added = table.add
        ? await table.add(tx, values)
        : await insertRow(tx.db, table, { ...values, ...table.only })
      const after = await findRow(tx.db, table, added)
      await enterAction(tx.db, table, actorOf(request), { action: 'add', key: added, ...stateAs('after', after) })
      return added
    })
    if (typeof key !== 'string') return form(request, reply, table, undefined, entered, key)
    return told(request, reply, table, `${key} was added.`, key)
  })

  app.get<ToRow>('/tables/:table/row/change/', async (request, reply) => {
    const table = await offered(request, 'canChange')
    return form(request, reply, table, await existing(table, request.query.key))
  })

  app.post<ToRow>('/tables/:table/row/change/', async (request, reply) => {
    const table = await offered(request, 'canChange')
    const row = await existing(table, request.query.key)
    const entered = enteredIn(request.body, table.columnsToSet(false))
    if (versionIn(request.body) !== row.version) return form(request, reply, table, row, undefined, changedMeanwhile)
    const { values, errors } = await readForm(database, table, row.values, entered)
    if (isWrong(errors)) return form(request, reply, table, row, entered, errors)
    if (Object.keys(values).length === 0) return told(request, reply, table, 'Nothing was changed.', row.key)
    const done = await tried(table, Object.keys(entered), async tx => {
      const before = await asItWas(tx, table, row)
      if (before === undefined) return changedMeanwhile
      await (table.change ? table.change(tx, before.values, values) : updateRow(tx.db, table, row.key, values))
      const after = await findRow(tx.db, table, row.key)
      await enterAction(tx.db, table, actorOf(request), {
        action: 'change',
        key: row.key,
        before: before.values,
        ...stateAs('after', after),
      })
      return row.key
    })
    if (done === changedMeanwhile) return form(request, reply, table, await existing(table, row.key), undefined, done)
    if (typeof done !== 'string') return form(request, reply, table, row, entered, done)
    return told(request, reply, table, `${row.key} was changed.`, row.key)
  })

  app.get<ToRow>('/tables/:table/row/delete/', async (request, reply) => {
    const table = await offered(request, 'canRemove')
    const row = await existing(table, request.query.key)
    return site.answer(request, reply, frame => deletePage(frame, table, row))
  })

  app.post<ToRow>('/tables/:table/row/delete/', async (request, reply) => {
    const table = await offered(request, 'canRemove')
    const row = await existing(table, request.query.key)
    const done = await tried(table, [], async tx => {
      const before = await asItWas(tx, table, { ...row, version: versionIn(request.body) })
      if (before === undefined) return changedMeanwhile
      await (table.remove ? table.remove(tx, before.values) : deleteRow(tx.db, table, row.key))
      await enterAction(tx.db, table, actorOf(request), { action: 'delete', key: row.key, before: before.values })
      return row.key
    })
    if (typeof done !== 'string') {
      const present = await existing(table, row.key)
      return site.answer(request, reply, frame => deletePage(frame, table, present, done))
    }
    return told(request, reply, table, `${row.key} was deleted.`)
  })

  app.post<ToTable & { Params: { action: string }; Body: { key?: unknown } }>(
    '/tables/:table/:action/',
    async (request, reply) => {
      const table = await site.table(request.params.table)
      const { action } = table
      if (action === undefined || action.name !== request.params.action) throw trouble(404, 'There is no such page.')
      const given = [request.body.key ?? []].flat().filter(key => typeof key === 'string')
      const chosen = given.filter(key => !key.includes('\0')).slice(0, rowsOnPage)
      if (chosen.length === 0) return told(request, reply, table, 'Nothing was chosen.')
      // It has a transaction of its own, and this one is before it: what is cut off in between is in the log and not done,
      // and nothing is done that is not in the log.
      const keys: string[] = []
      await database.transaction(async db => {
        for (const key of chosen) {
          if ((await findRow(db, table, key)) === undefined) continue
          await enterAction(db, table, actorOf(request), { action: action.name, key })
          keys.push(key)
        }
      })
      const done = await action.run(keys)
      return told(request, reply, table, action.says(done.length))
    },
  )

  async function choicesOfFilters(db: PgClient, table: Table) {
    const choices: (readonly [string, readonly string[]])[] = []
    for (const column of table.filter) {
      const { type, choices: known } = columnOf(table, column)!
      if (isTime(type)) continue
      choices.push([column, known ?? table.choices?.[column]?.(undefined) ?? (await valuesIn(db, table, column))])
    }
    return choices
  }

  async function offered(request: FastifyRequest<ToTable>, what: 'canAdd' | 'canChange' | 'canRemove'): Promise<Table> {
    const table = await site.table(request.params.table)
    if (!table[what]) throw trouble(403, `This cannot be done with ${table.title} here.`)
    return table
  }

  async function existing(table: Table, key: unknown): Promise<Row> {
    const text = typeof key === 'string' && !key.includes('\0') ? key : ''
    const row = await database.transaction(db => findRow(db, table, text))
    if (row === undefined) throw trouble(404, `There is no such row in ${table.title}, or not any more.`)
    return row
  }

  function form(
    request: FastifyRequest,
    reply: FastifyReply,
    table: Table,
    row: Row | undefined,
    entered?: Entered,
    errors: FormErrors = {},
  ) {
    const fields = fieldsOf(table, row?.values, entered)
    const status = !isWrong(errors) ? 200 : errors === changedMeanwhile ? 409 : 422
    return site.answer(request, reply, frame => formPage(frame, table, { row, fields, errors, status }))
  }

  /** One transaction of the service's: what is written in it, and the messages that follow, happen or do not. */
  async function tried(
    table: Table,
    fields: readonly string[],
    work: (tx: Tx<PgClient>) => Promise<string | FormErrors>,
  ) {
    try {
      return await service.transaction(work)
    } catch (error) {
      return errorsOf(error, table, fields)
    }
  }

  function told(request: FastifyRequest, reply: FastifyReply, table: Table, notice: string, key?: string) {
    request.session.notice = `${table.title}: ${notice}`
    const row = key === undefined ? '' : `row/?key=${encodeURIComponent(key)}`
    return reply.redirect(`${site.baseFor(request)}/tables/${table.name}/${row}`, 303)
  }
}

interface ToTable {
  Params: { table: string }
  Querystring: Record<string, unknown>
}

interface ToRow extends ToTable {
  Querystring: { key?: unknown }
}

/** Held to the end of the transaction; undefined if it is not as whoever changes it has seen it. */
async function asItWas(tx: Tx<PgClient>, table: Table, { key, version }: Row): Promise<Row | undefined> {
  const row = await findRow(tx.db, table, key, { locked: true })
  return row?.version === version ? row : undefined
}

const changedMeanwhile: FormErrors = {
  '': 'It has been changed since you opened it. This is how it is now; look at it, and try again.',
}

function isWrong(errors: FormErrors): boolean {
  return Object.keys(errors).length > 0
}

function stateAs<Name extends string>(name: Name, row: Row | undefined): { [name in Name]?: Values } {
  return (row === undefined ? {} : { [name]: row.values }) as { [name in Name]?: Values }
}

function versionIn(body: unknown): string {
  return String((body as { version?: unknown } | undefined)?.version ?? '')
}

function actorOf({ session, ip }: FastifyRequest): Actor {
  return { account: session.account!, address: ip }
}
