import Type, { type Static } from 'typebox'
import { amount, integer, readBody, text } from '../../runner/fastapi/fields.ts'
import { priceMax, stockMax } from '../messages.ts'
import type { Resource } from '../resource.ts'

const given = {
  name: Type.String({ maxLength: 200 }),
  price: Type.Number({ minimum: 0, maximum: priceMax }),
  stock: Type.Integer({ minimum: 0, maximum: stockMax }),
}

export type Product = Static<typeof Product>
const Product = Type.Object({ id: Type.Integer(), ...given })

const shown = 'id, name, (price_cents / 100.0)::float8 as price, stock'

export const products: Resource = {
  noun: 'Product',
  path: '/products',
  shape: Product,
  body: Type.Object(given),
  read: body => {
    const fields = { name: text(0, 200), price: amount(priceMax), stock: integer(0, stockMax) }
    const { name, price, stock } = readBody(body, fields)
    return [name, price, stock]
  },
  statements: {
    page: `select ${shown} from products order by id offset $1 limit $2`,
    one: `select ${shown} from products where id = $1`,
    enter: `insert into products (name, price_cents, stock) values ($1, $2, $3) returning ${shown}`,
    replace: `update products set name = $2, price_cents = $3, stock = $4 where id = $1 returning ${shown}`,
    remove: `delete from products where id = $1 returning ${shown}`,
  },
}
