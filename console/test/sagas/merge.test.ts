import type { SagaView } from 'makegood/operations/contract'
import { expect, test } from 'vitest'
import { merged, type ServicePage } from '../../web/pages/sagas/merge.ts'

function time(minute: number): string {
  return new Date(Date.UTC(2026, 10, 21, 12, minute)).toISOString()
}

function page(service: string, minutes: readonly number[], next: string | null = null, searched?: number): ServicePage {
  const sagas = minutes.map(minute => ({ id: `${service} ${minute}`, startedAt: time(minute) }) as SagaView)
  return { service, sagas, next, searchedTo: searched === undefined ? null : time(searched) }
}

function ids({ sagas }: ReturnType<typeof merged>): readonly string[] {
  return sagas.map(({ id }) => id)
}

test('lists of several services are one in order of time', () => {
  const found = merged([[page('a', [9, 7, 1]), page('b', [8, 2])]])
  expect(ids(found)).toEqual(['a 9', 'b 8', 'a 7', 'b 2', 'a 1'])
  expect(found.goOn).toEqual([])
})

test('what may have something before it that is not known yet is held back, and its service goes on', () => {
  const first = [page('a', [9, 7], 'a7'), page('b', [8, 2], 'b2')]
  const found = merged([first])
  expect(ids(found)).toEqual(['a 9', 'b 8', 'a 7'])
  expect(found.goOn).toEqual([{ service: 'a', after: 'a7' }])

  const more = merged([first, [page('a', [6, 5])]])
  expect(ids(more)).toEqual(['a 9', 'b 8', 'a 7', 'a 6', 'a 5', 'b 2'])
  expect(more.goOn).toEqual([{ service: 'b', after: 'b2' }])
})

test('oldest first is merged the other way round', () => {
  const found = merged([[page('a', [1, 7], 'a7'), page('b', [2, 8])]], 'oldest')
  expect(ids(found)).toEqual(['a 1', 'b 2', 'a 7'])
})

test('a search that has found nothing yet says how far it has come, and goes on', () => {
  const found = merged([[page('a', [], 'a5', 5), page('b', [8, 2])]])
  expect(ids(found)).toEqual(['b 8'])
  expect(found).toMatchObject({ searchedTo: time(5), goOn: [{ service: 'a', after: 'a5' }] })
})
