import { expect, test } from 'vitest'
import { differences } from '../../web/pages/saga/differences.ts'

test('fields are the same, new, changed or gone', () => {
  const before = { id: 1, status: 'pending', items: [{ price: 5 }], note: null }
  const after = { id: 1, status: 'paid', items: [{ price: 5 }, { price: 7 }] }
  expect(differences(before, after)).toEqual([
    { path: 'id', is: 'the same', before: '1', after: '1' },
    { path: 'status', is: 'changed', before: '"pending"', after: '"paid"' },
    { path: 'items.0.price', is: 'the same', before: '5', after: '5' },
    { path: 'items.1.price', is: 'new', before: null, after: '7' },
    { path: 'note', is: 'gone', before: 'null', after: null },
  ])
})

test('what a reply holds under one name is compared with what it is about', () => {
  expect(differences({ amount: 5 }, { payment: { amount: 6 } })).toEqual([
    { path: 'amount', is: 'changed', before: '5', after: '6' },
  ])
})

test('values that are no objects are compared as they are', () => {
  expect(differences('a', 'b')).toEqual([{ path: '', is: 'changed', before: '"a"', after: '"b"' }])
  expect(differences(null, null)).toEqual([{ path: '', is: 'the same', before: 'null', after: 'null' }])
})
