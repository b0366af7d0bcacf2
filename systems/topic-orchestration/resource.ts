import type { FastifyInstance } from 'fastify'
import Type, { type TObject, type TSchema } from 'typebox'
import type { Database } from '../runner/database.ts'
import { anyInteger, HttpRefusal, read } from '../runner/fastapi/fields.ts'
import { Page, pageFields } from '../runner/fastapi/page.ts'
import { answers } from '../runner/fastapi/server.ts'

/** What a service keeps and lets be entered, read, replaced and removed. */
export interface Resource {
  /** User, Product. */
  readonly noun: string
  readonly path: string
  /** As it is shown: what may be given, and its number. */
  readonly shape: TSchema
  readonly body: TObject
  /** What a body holds, for the statements that take it. @throws HttpRefusal 422, naming every wrong field */
  readonly read: (body: unknown) => readonly unknown[]
  /** Each resolves with what is shown; `one`, `replace` and `remove` take the number first. */
  readonly statements: {
    readonly page: string
    readonly one: string
    readonly enter: string
    readonly replace: string
    readonly remove: string
  }
}

export function resourceRoutes(app: FastifyInstance, database: Database, resource: Resource): void {
  const { noun, path, shape, body, read: valuesIn, statements } = resource
  const number = `${noun.toLowerCase()}_id`
  const named = `${path}/:${number}`
  const numbered = { params: Type.Object({ [number]: Type.Integer() }) }
  const tags = [path.slice(1)]

  app.get<Asked>(path, { schema: { tags, querystring: Page, response: answers(Type.Array(shape)) } }, ({ query }) => {
    const { skip, limit } = read('query', query, pageFields)
    return rowsOf(statements.page, [skip, limit])
  })

  app.post(path, { schema: { tags, body, response: answers(shape) } }, async ({ body: given }) => {
    const [entered] = await rowsOf(statements.enter, valuesIn(given))
    return entered
  })

  app.get<Asked>(named, { schema: { tags, ...numbered, response: answers(shape) } }, ({ params }) =>
    one(statements.one, params),
  )

  app.put<Asked>(named, { schema: { tags, ...numbered, body, response: answers(shape) } }, ({ params, body: given }) =>
    one(statements.replace, params, valuesIn(given)),
  )

  app.delete<Asked>(named, { schema: { tags, ...numbered, response: answers(Told) } }, async ({ params }) => {
    await one(statements.remove, params)
    return { message: `${noun} deleted successfully` }
  })

  async function one(statement: string, params: Given, values: readonly unknown[] = []): Promise<unknown> {
    const { [number]: id } = read('path', params, { [number]: anyInteger })
    const [row] = await rowsOf(statement, [id, ...values])
    if (row === undefined) throw new HttpRefusal(404, `${noun} not found`)
    return row
  }

  async function rowsOf(statement: string, values: readonly unknown[]): Promise<readonly unknown[]> {
    const { rows } = await database.transaction(db => db.query(statement, [...values]))
    return rows
  }
}

export const Told = Type.Object({ message: Type.String() })

type Given = Record<string, unknown>

interface Asked {
  readonly Querystring: Given
  readonly Params: Given
}
