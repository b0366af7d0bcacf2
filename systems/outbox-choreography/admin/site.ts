import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PgClient, Service } from 'makegood'
import type { Database } from '../../runner/database.ts'
import { prefixOf } from '../forwarded.ts'
import { logTable } from './log.ts'
import { makegoodTables } from './makegood-tables.ts'
import { type Frame, layout, type Page } from './pages/layout.ts'
import { type AdminTable, openTable, type Table } from './table.ts'

/** The tables, and the page around each page. */
export class Site {
  readonly #path: string
  readonly #name: string
  readonly #groups: readonly { readonly title: string; readonly tables: readonly AdminTable[] }[]
  readonly #database: Database
  #opened: Frame['groups'] | undefined

  constructor(path: string, { service, tables, database }: SiteOptions) {
    this.#path = path
    this.#name = service.name
    this.#groups = [
      { title: 'Data', tables },
      { title: 'Messages', tables: makegoodTables(service) },
      { title: 'Operators', tables: [logTable] },
    ]
    this.#database = database
  }

  /** Where the site is for whoever asks: behind a gateway, under what that has taken off the path. */
  baseFor(request: FastifyRequest): string {
    return `${prefixOf(request)}${this.#path}`
  }

  /** @throws Error 404 */
  async table(name: string): Promise<Table> {
    const table = (await this.#open()).flatMap(({ tables }) => tables).find(each => each.name === name)
    if (table === undefined) throw trouble(404, 'There is no such table here.')
    return table
  }

  async answer(request: FastifyRequest, reply: FastifyReply, make: (frame: Frame) => Page): Promise<FastifyReply> {
    // There is none if it could not be looked for.
    const { account, notice } = request.session ?? {}
    if (notice !== undefined) request.session.set('notice', undefined)
    const groups = account === undefined ? [] : (this.#opened ?? (await this.#open()))
    const csrf = reply.generateCsrf({ userInfo: subjectOf(request) } as Parameters<FastifyReply['generateCsrf']>[0])
    const frame: Frame = { base: this.baseFor(request), site: this.#name, groups, account, csrf, notice }
    const page = make(frame)
    return reply
      .code(page.status ?? 200)
      .type('text/html; charset=utf-8')
      .send(layout(frame, page))
  }

  /** Read once: tables do not change under a service that runs. */
  async #open(): Promise<Frame['groups']> {
    this.#opened ??= await this.#database.transaction(async db => {
      const groups: { title: string; tables: Table[] }[] = []
      for (const { title, tables } of this.#groups) {
        const opened: Table[] = []
        for (const table of tables) opened.push(await openTable(db, table))
        groups.push({ title, tables: opened })
      }
      return groups
    })
    return this.#opened
  }
}

export interface SiteOptions {
  readonly service: Service<string, PgClient>
  /** The service's own. */
  readonly tables: readonly AdminTable[]
  readonly database: Database
}

/** What a request is refused with. */
export function trouble(statusCode: number, says: string): Error {
  return Object.assign(new Error(says), { statusCode, isForThePage: true })
}

/** Whose forms they are: those made before signing in are of no use after it. */
export function subjectOf({ session }: FastifyRequest): string {
  return session?.account === undefined ? 'nobody' : session.sessionId
}
