import type { SagaFound } from 'makegood/operations/client'
import { expect, test } from 'vitest'
import { LastKnown } from '../../server/last-known.ts'
import { byPart, partsOfSaga, sagaOfParts } from '../../server/saga-parts.ts'
import { at, received, sagaIn } from '../saga/told-sagas.ts'

const own = { service: 'orders', url: 'http://orders' }
const other = { service: 'payments', url: 'http://payments' }

function found(...services: readonly (typeof own)[]): SagaFound {
  const messages = services.map((each, index) => ({
    ...received({ service: each.service, identity: `from ${each.service}`, receivedAt: at(index) }),
    url: each.url,
  }))
  return { ...sagaIn({ status: 'completed', steps: {} }, own), ...own, messages }
}

const away = (each: typeof own) => [{ url: each.url, says: 'It cannot be reached.' }]

test('what a participant had received is still shown while it is away', () => {
  const known = new LastKnown()
  known.complete('saga', partsOfSaga(found(own, other), []), byPart)
  const now = known.complete('saga', partsOfSaga(found(own), away(other)), byPart)
  expect(sagaOfParts(now)!.messages.map(({ service }) => service)).toEqual(['orders', 'payments'])
  expect(now.away).toMatchObject([{ url: 'http://payments', asOf: expect.any(String) }])
})

test('a saga whose own service is away is shown with everything that was known of it', () => {
  const known = new LastKnown()
  known.complete('saga', partsOfSaga(found(own, other), []), byPart)
  const now = known.complete('saga', partsOfSaga(undefined, away(own)), byPart)
  expect(sagaOfParts(now)).toMatchObject({ service: 'orders', messages: [{}, {}] })
})

test('a saga that nobody has ever told of is not there', () => {
  const now = new LastKnown().complete('saga', partsOfSaga(undefined, away(own)), byPart)
  expect(sagaOfParts(now)).toBeUndefined()
})
