import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { command, handlersFor, older, type PgClient, readingOlder, type Schema } from '../../src/makegood.ts'
import { aCommand } from '../engine/peer.ts'
import { effect, stage } from '../engine/stage.ts'

const { handle } = handlersFor<PgClient>()
const begin = stage()

const First = z.object({ orderId: z.string(), pieces: z.int() })
const Second = z.object({ orderId: z.string(), quantity: z.int(), urgent: z.boolean().default(false) })
const reserving = <Payload>(payload: Schema<Payload>) =>
  handle(command('stock.reserve', { payload }), async (_payload, { tx, succeed }) => {
    await effect(tx.db, 'reserved')
    return succeed()
  })

describe('a command that the release before has handled, and that is asked again of this one', () => {
  test('is answered from its record, though its payload is read in another shape by now; another payload is still another', async () => {
    const { peer, again, effects, service } = await begin([reserving(First)])
    const asked = aCommand({ type: 'stock.reserve', payload: { orderId: 'o-1', pieces: 2 } })
    await peer.say(asked)
    await peer.hears('reply', { sagaId: asked.sagaId })
    await service.stop()

    const asNow = older(First, ({ orderId, pieces }) => ({ orderId, quantity: pieces, urgent: false }))
    const next = await again([reserving(readingOlder(Second, asNow))])
    await peer.say({ ...asked, id: crypto.randomUUID() })
    await peer.hears('reply', { sagaId: asked.sagaId }, 2)
    expect(await effects()).toEqual(['reserved'])
    expect((await next.queries.figures()).dead).toBe(0)

    await peer.say({ ...asked, id: crypto.randomUUID(), payload: { orderId: 'o-1', pieces: 3 } })
    await expect.poll(async () => (await next.queries.figures()).dead).toBe(1)
  })
})
