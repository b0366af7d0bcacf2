import { expect, test } from 'vitest'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { pglite } from '../../src/adapters/pglite/index.ts'
import { type PgClient, type Store, service } from '../../src/makegood.ts'

test('a database that goes away between two questions of the start is waited for', async () => {
  const questions: string[] = []
  const starting = service('orders', {
    store: goingAway(pglite(), questions),
    transport: embedded(),
    hosts: [],
  })

  await starting.start()
  expect(questions).toEqual(['away', 'there'])
  expect(await starting.health()).toMatchObject({ ready: true, database: 'up' })
  await starting.stop()
})

/** Migrates, and loses its connection at the question after that; the next time it is there. */
function goingAway(store: Store<PgClient>, questions: string[]): Store<PgClient> {
  return {
    ...store,
    open: name => {
      const opened = store.open(name)
      const versionsInFlight = async () => {
        questions.push(questions.length === 0 ? 'away' : 'there')
        if (questions.length === 1) throw new Error('Connection terminated unexpectedly')
        return opened.queries.versionsInFlight()
      }
      return { ...opened, queries: { ...opened.queries, versionsInFlight } }
    },
  }
}
