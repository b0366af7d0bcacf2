import Type, { type Static } from 'typebox'
import { amount, readBody, text } from '../../runner/fastapi/fields.ts'
import { balanceMax } from '../messages.ts'
import type { Resource } from '../resource.ts'

const given = { name: Type.String({ maxLength: 200 }), balance: Type.Number({ minimum: 0, maximum: balanceMax }) }

export type User = Static<typeof User>
const User = Type.Object({ id: Type.Integer(), ...given })

const shown = 'id, name, (balance_cents / 100.0)::float8 as balance'

export const users: Resource = {
  noun: 'User',
  path: '/users',
  shape: User,
  body: Type.Object(given),
  read: body => {
    const { name, balance } = readBody(body, { name: text(0, 200), balance: amount(balanceMax) })
    return [name, balance]
  },
  statements: {
    page: `select ${shown} from users order by id offset $1 limit $2`,
    one: `select ${shown} from users where id = $1`,
    enter: `insert into users (name, balance_cents) values ($1, $2) returning ${shown}`,
    replace: `update users set name = $2, balance_cents = $3 where id = $1 returning ${shown}`,
    remove: `delete from users where id = $1 returning ${shown}`,
  },
}
