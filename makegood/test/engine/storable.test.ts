import { expect, test } from 'vitest'
import { checkStorable } from '../../src/engine/storable.ts'
import { anEvent } from './peer.ts'

const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown
const told = (payload: unknown) => anEvent({ type: 'orders.placed', payload })

test('a payload may be nested 64 deep, whatever wire it comes by, and no deeper', () => {
  checkStorable(told(nested(64)))
  checkStorable(told({ lines: [1, { sku: 'pen' }] }))
  checkStorable(told(undefined))
  for (const depth of [66, 100_000])
    expect(() => checkStorable(told(nested(depth)))).toThrow('The payload is nested more than 64 deep.')
})

test.each([
  ['id', { id: 'x'.repeat(201) }],
  ['correlationId', { correlationId: 'a\u0000b' }],
  ['sagaId', { sagaId: 'half \uD834' }],
])('a name that no database can keep in a key is refused: %s', (field, said) => {
  expect(() => checkStorable({ ...told({}), ...said })).toThrow(`The ${field} has characters that cannot be stored`)
})
