import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { typebox } from '../../src/adapters/typebox/index.ts'
import { nothing, type Schema, validate } from '../../src/definition/schema.ts'

const libraries: [library: string, order: Schema<unknown>][] = [
  ['Zod', z.strictObject({ id: z.string(), items: z.array(z.object({ quantity: z.int().min(1) })) })],
  [
    'TypeBox',
    typebox(
      Type.Object(
        { id: Type.String(), items: Type.Array(Type.Object({ quantity: Type.Integer({ minimum: 1 }) })) },
        { additionalProperties: false },
      ),
    ),
  ],
]

describe.each(libraries)('%s', (_library, order) => {
  test('what matches is put out', async () => {
    const value = { id: '7', items: [{ quantity: 2 }] }
    expect(await validate(order, value)).toEqual({ value })
  })

  test('what does not is told in one text that names every field', async () => {
    const { issues } = await validate(order, { items: [{ quantity: 1 }, { quantity: 0 }] })
    expect(issues).toMatch(/(^|; )id: /)
    expect(issues).toMatch(/(^|; )items\[1\]\.quantity: /)
    expect(issues?.split('; ')).toHaveLength(2)
  })

  test('the value as a whole has no field', async () => {
    const { issues } = await validate(order, 7)
    expect(issues).toMatch(/object/)
    expect(issues).not.toMatch(/^:|undefined/)
  })

  test('what is too much is refused and named', async () => {
    const { issues } = await validate(order, { id: '7', items: [], colour: 'red' })
    expect(issues).toContain('colour')
  })

  test('a thousand wrong items do not make a thousand lines', async () => {
    const { issues } = await validate(order, { id: '7', items: Array.from({ length: 1_000 }, () => ({})) })
    expect(issues?.split('; ').length).toBeLessThanOrEqual(11)
  })
})

test('TypeBox: a name with a slash or a tilde is named as it is', async () => {
  const odd = typebox(Type.Object({ 'a/b~c': Type.String() }))
  expect(await validate(odd, { 'a/b~c': 1 })).toEqual({ issues: 'a/b~c: must be string' })
  expect(await validate(odd, {})).toEqual({ issues: 'a/b~c: is missing' })
})

test('a schema that answers at once is not waited for, one that does not is', async () => {
  const slow = z.string().refine(async text => text !== 'no', 'is no')
  expect(validate(z.string(), 'yes')).toEqual({ value: 'yes' })
  expect(validate(slow, 'yes')).toBeInstanceOf(Promise)
  expect(await validate(slow, 'yes')).toEqual({ value: 'yes' })
  expect(await validate(slow, 'no')).toEqual({ issues: 'is no' })
})

test('defaults are filled in', async () => {
  expect(await validate(z.object({ note: z.string().default('none') }), {})).toEqual({ value: { note: 'none' } })
})

test('nothing takes anything, and makes nothing of it', () => {
  expect(validate(nothing, { left: 'over' })).toEqual({ value: undefined })
})
