import { describe, expect, test } from 'vitest'
import { handlersFor, type PgClient } from '../../src/makegood.ts'
import { noTelemetry } from '../../src/ports/telemetry.ts'
import { faultPlan, faulty } from '../../src/testing/index.ts'
import { aCommand } from './peer.ts'
import { reserve } from './shop.ts'
import { effect, stage } from './stage.ts'

const { handle } = handlersFor<PgClient>()
const begin = stage()

const pens = { orderId: 'o-1', sku: 'pen', quantity: 2 }
const retry = { attempts: 3, forMs: 3_600_000, firstDelayMs: 5, delayMsMax: 10 }

describe('what may have been here before', () => {
  test('goes into custody first, and is then handled alone (rule 17)', async () => {
    const sizes: number[] = []
    const telemetry = {
      ...noTelemetry,
      observe: (name: string, _labels: object, value: number) => {
        if (name === 'makegood_batch_size') sizes.push(value)
      },
    }
    const { peer, wire, effects } = await begin(
      [
        handle(reserve, async (_payload, { tx, succeed }) => {
          await effect(tx.db, 'reserved')
          return succeed({ reserved: 2 })
        }),
      ],
      { telemetry },
    )
    const commands = Array.from({ length: 5 }, () => aCommand({ type: 'stock.reserve', payload: pens }))
    await peer.publish(
      commands.map(command => wire.encode(command)),
      { mayHaveBeenSent: true },
    )
    for (const { sagaId } of commands) await peer.hears('reply', { sagaId, failure: undefined })

    expect(sizes).toEqual([5, 1, 1, 1, 1, 1])
    expect(await effects()).toHaveLength(5)
  })

  test('and ends its process every time is a dead letter after its attempts, and holds up nobody (rule 17)', async () => {
    const plan = faultPlan()
    let killed = 0
    const dying = handle(reserve, async (_payload, { tx, succeed }) => {
      await effect(tx.db, 'reserved')
      const fault = { point: 'crash before commit', service: name, sends: 'reply stock.reserve' } as const
      void plan.next(fault).then(() => {
        killed += 1
      })
      return succeed({ reserved: 2 })
    })
    const scene = await begin([dying])
    const { peer, effects, sql, store, transport, wire } = scene
    const { name, queries } = scene.service
    await scene.service.stop()
    const letters = async () =>
      (await queries.inbox({ state: 'dead', limit: 9 })).rows.map(({ handling }) => handling.error)

    void peer.say(aCommand({ type: 'stock.reserve', payload: pens, retry }))
    for (let before = 0; (await letters()).length === 0; before = killed) {
      const parts = faulty({ store, transport, wire }, plan)
      await scene.again([dying], { store: parts.store, transport: parts.transport })
      await expect.poll(async () => killed > before || (await letters()).length > 0).toBe(true)
      // The time of its leases passes.
      await sql('update makegood.inbox set leased_until = now() where service = $1 and leased_until > now()', [name])
    }

    expect(await letters()).toEqual([expect.stringMatching(/^ATTEMPTS_LOST/)])
    expect(killed, 'in each of its attempts').toBe(3)
    expect(await effects()).toEqual([])
  })
})
