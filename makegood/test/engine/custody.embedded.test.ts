import { expect, test } from 'vitest'
import { handlersFor, type PgClient, type Store } from '../../src/makegood.ts'
import { aCommand } from './peer.ts'
import { reserve } from './shop.ts'
import { effect, stage } from './stage.ts'

const { handle } = handlersFor<PgClient>()
const begin = stage()

test('what was claimed when the database went away is handled once it is back, and not after its lease', async () => {
  const reserving = handle(reserve, async (_payload, { tx, succeed }) => {
    await effect(tx.db, 'reserved')
    return succeed({ reserved: 2 })
  })
  const { service, again, peer, store, wire, effects } = await begin([reserving])
  await service.stop()
  const outages: string[] = []
  await again([reserving], { store: awayAfterAClaim(store, outages) })

  const command = aCommand({ type: 'stock.reserve', payload: { orderId: 'o-1', sku: 'pen', quantity: 2 } })
  await peer.publish([wire.encode(command)], { mayHaveBeenSent: true })
  await peer.hears('reply', { sagaId: command.sagaId, failure: undefined })

  expect(outages).toEqual(['away'])
  expect(await effects()).toEqual(['reserved'])
})

/** Answers the first claim, and then loses its connection once. */
function awayAfterAClaim(store: Store<PgClient>, outages: string[]): Store<PgClient> {
  return {
    ...store,
    open: name => {
      const opened = store.open(name)
      let hasClaimed = false
      return {
        ...opened,
        claimParked: async (...given) => {
          const claimed = await opened.claimParked(...given)
          hasClaimed ||= claimed.length > 0
          return claimed
        },
        transaction: async work => {
          if (hasClaimed && outages.length === 0) {
            outages.push('away')
            throw new Error('Connection terminated unexpectedly')
          }
          return opened.transaction(work)
        },
      }
    },
  }
}
