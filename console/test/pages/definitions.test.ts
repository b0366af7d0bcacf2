import type { ChoreographyView, Definitions, SagaDefinitionView } from 'makegood/operations/contract'
import { describe, expect, test } from 'vitest'
import { definitionsIn } from '../../web/pages/definitions/definitions.ts'
import { strandedIn } from '../../web/pages/definitions/stranded-in.ts'

describe('definitions by name', () => {
  test('a saga has its versions, the newest first, and all that are in flight', () => {
    const [checkout] = definitionsIn([orders({ sagas: [saga(1, 3), saga(2, 4)] })], [])
    expect(checkout).toMatchObject({ name: 'checkout', kind: 'saga', inFlight: 7 })
    expect(checkout!.versions.map(({ version, inFlight }) => [version, inFlight])).toEqual([
      [2, 4],
      [1, 3],
    ])
  })

  test('what stands at its steps is told apart by version', () => {
    const standing = [1, 2, 2].map((version, at) => ({
      definition: 'checkout',
      version,
      step: `step-${at}`,
      status: 'running' as const,
      sagas: 1,
    }))
    const [checkout] = definitionsIn([orders({ sagas: [saga(1, 1), saga(2, 2)], standing })], [])
    expect(checkout!.versions.map(({ standing }) => standing.map(({ step }) => step))).toEqual([
      ['step-1', 'step-2'],
      ['step-0'],
    ])
  })

  test('a choreography that several take part in is one, counted by who follows it', () => {
    const found = definitionsIn(
      [
        orders({ choreographies: [ordering], tracked: [{ ...ordering, inFlight: 5 }] }),
        { ...orders({ choreographies: [ordering] }), service: 'stock' },
      ],
      [],
    )
    expect(found).toMatchObject([
      { name: 'ordering', kind: 'choreography', inFlight: 5, versions: [{ services: ['orders', 'stock'] }] },
    ])
  })

  test('one that nobody follows has no count, which is not none', () => {
    expect(definitionsIn([orders({ choreographies: [ordering] })], [])).toMatchObject([{ inFlight: null }])
  })

  test('how fast they end belongs to their name', () => {
    const took = (definition: string) => ({
      definition,
      status: 'completed' as const,
      sagas: 9,
      p50Ms: 10,
      p95Ms: 20,
    })
    const pace = { service: 'orders', since: '', minutes: [], durations: [took('returns'), took('checkout')] }
    const [checkout] = definitionsIn([orders({ sagas: [saga(1, 0)] })], [pace])
    expect(checkout!.durations).toEqual([took('checkout')])
  })
})

describe('a version is stranded', () => {
  const process = (service: string, ...versions: readonly number[]) => ({
    service,
    stranded: versions.map(version => ({ definition: 'checkout', version, sagas: 3 })),
  })

  test('if no process of its service hosts it', () => {
    expect(strandedIn([process('orders', 1), process('orders', 1), process('stock')])).toEqual([
      { service: 'orders', definition: 'checkout', version: 1, sagas: 3 },
    ])
  })

  test('and is not while the processes of a deployment host one each', () => {
    expect(strandedIn([process('orders', 1), process('orders', 2)])).toEqual([])
  })
})

function orders(parts: Partial<Definitions>): Definitions & { readonly service: string } {
  const nothing = { sagas: [], choreographies: [], tracked: [], commands: [], events: [], standing: [] }
  return { service: 'orders', ...nothing, ...parts }
}

function saga(version: number, inFlight: number): SagaDefinitionView {
  const ends = { completed: null, compensated: null }
  return { name: 'checkout', version, deadlineMs: null, startsOn: null, stages: [], ends, inFlight }
}

const ordering: ChoreographyView = {
  name: 'ordering',
  deadlineMs: null,
  starts: 'order.placed',
  leads: [],
  ends: { completed: [], compensated: [] },
}
