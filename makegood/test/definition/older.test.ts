import Type from 'typebox'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { typebox } from '../../src/adapters/typebox/index.ts'
import { validate } from '../../src/definition/schema.ts'
import { older, readingOlder } from '../../src/makegood.ts'

const First = z.strictObject({ id: z.string(), euros: z.number() })
const Second = z.strictObject({ id: z.string(), cents: z.int() })
const Third = z.strictObject({ id: z.string(), cents: z.int().min(0), currency: z.string().length(3) })
const order = readingOlder(
  Third,
  older(Second, ({ id, cents }) => ({ id, cents, currency: 'EUR' })),
  older(First, ({ id, euros }) => ({ id, cents: Math.round(euros * 100), currency: 'EUR' })),
)

test('a message of the newest shape is read as it is', async () => {
  const value = { id: '7', cents: 5, currency: 'CHF' }
  expect(await validate(order, value)).toEqual({ value })
})

test('those of older shapes are read as the newest', async () => {
  const value = { id: '7', cents: 1250, currency: 'EUR' }
  expect(await validate(order, { id: '7', cents: 1250 })).toEqual({ value })
  expect(await validate(order, { id: '7', euros: 12.5 })).toEqual({ value })
})

test('one that matches no shape is refused in the words of the newest', async () => {
  expect((await validate(order, { id: '7' })).issues).toContain('currency')
})

test('what an older one becomes has to match the newest too', async () => {
  expect((await validate(order, { id: '7', euros: -1 })).issues).toContain('cents')
})

test('a document shows the newest', () => {
  const Newest = Type.Object({ id: Type.String() })
  expect(
    readingOlder(
      typebox(Newest),
      older(First, ({ id }) => ({ id })),
    ),
  ).toMatchObject({ jsonSchema: Newest })
})
