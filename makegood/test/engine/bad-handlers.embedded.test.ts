import { describe, expect, test } from 'vitest'
import { handlersFor, type PgClient, type ReceivedMessage, type Service, type Tx } from '../../src/makegood.ts'
import { aCommand, anEvent } from './peer.ts'
import { orderCompleted, reserve } from './shop.ts'
import { effect, stage } from './stage.ts'

const { handle, on } = handlersFor<PgClient>()
const begin = stage()

const pens = { orderId: 'o-1', sku: 'pen', quantity: 2 }
const aReserve = (said: Partial<ReturnType<typeof aCommand>> = {}) =>
  aCommand({ type: 'stock.reserve', payload: pens, ...said })

describe('a handler that misbehaves costs itself only', () => {
  test('one that takes longer than its limit is taken back and tried again', async () => {
    let runs = 0
    const { peer, effects } = await begin([
      handle(
        reserve,
        async (_payload, { tx, succeed }) => {
          runs += 1
          await effect(tx.db, `run ${runs}`)
          if (runs === 1) await new Promise(() => {})
          return succeed({ reserved: 2 })
        },
        { handlerMsMax: 50 },
      ),
    ])
    const command = aReserve()
    await peer.say(command)
    await peer.hears('reply', { sagaId: command.sagaId, failure: undefined })
    expect(await effects()).toEqual(['run 2'])
  })

  test('one that is too slow in every attempt ends as a dead letter that says so', async () => {
    const { peer } = await begin([handle(reserve, () => new Promise(() => {}), { handlerMsMax: 20 })])
    const command = aReserve()
    await peer.say(command)
    const [answer] = await peer.hears('reply', { sagaId: command.sagaId, failure: 'UNPROCESSABLE' })
    expect(answer?.payload).toMatchObject({ error: expect.stringContaining('took longer than 20 ms') })
  })

  test('one that uses its transaction after it has answered gets an error and changes nothing', async () => {
    let kept: Tx<PgClient> | undefined
    let db: PgClient | undefined
    const { peer, effects } = await begin([
      handle(reserve, async (_payload, { tx, succeed }) => {
        kept = tx
        db = tx.db
        return succeed({ reserved: 2 })
      }),
    ])
    const command = aReserve()
    await peer.say(command)
    await peer.hears('reply', { sagaId: command.sagaId })

    const closed = expect.objectContaining({ code: 'TRANSACTION_CLOSED' })
    await expect(kept!.publish(orderCompleted, { orderId: 'o-1' })).rejects.toEqual(closed)
    await expect((async () => kept!.db)()).rejects.toEqual(closed)
    await expect((async () => effect(db!, 'too late'))()).rejects.toEqual(closed)
    expect(await effects()).toEqual([])
  })

  test('one that opens a second transaction of its service gets an error, and its message is a dead letter', async () => {
    let service: Service<string, PgClient> | undefined
    const scene = await begin([
      handle(reserve, async (_payload, { succeed }) => {
        await service!.transaction(tx => tx.publish(orderCompleted, { orderId: 'o-1' }))
        return succeed({ reserved: 2 })
      }),
    ])
    service = scene.service
    const command = aReserve()
    await scene.peer.say(command)
    const [answer] = await scene.peer.hears('reply', { sagaId: command.sagaId, failure: 'UNPROCESSABLE' })
    expect(answer?.payload).toMatchObject({ error: expect.stringContaining('opened a second transaction') })
    expect(scene.peer.heard('event', {})).toEqual([])
  })

  test('one that swallows an error of the database is not taken for one that has succeeded (rule 16)', async () => {
    let runs = 0
    const { peer, effects } = await begin([
      handle(reserve, async (_payload, { tx, succeed }) => {
        runs += 1
        await effect(tx.db, `run ${runs}`)
        if (runs === 1) await tx.db.query('select 1 / 0').catch(() => {})
        return succeed({ reserved: 2 })
      }),
    ])
    const command = aReserve()
    await peer.say(command)
    await peer.hears('reply', { sagaId: command.sagaId, failure: undefined })
    expect(await effects()).toEqual(['run 2'])
    expect(peer.heard('reply', { sagaId: command.sagaId })).toHaveLength(1)
  })

  test('one whose keys cannot be told is tried again like one that throws', async () => {
    let errors = 1
    const { peer, effects } = await begin([
      handle(
        reserve,
        async (_payload, { tx, succeed }) => {
          await effect(tx.db, 'reserved')
          return succeed({ reserved: 2 })
        },
        {
          keys: ({ sku }) => {
            if (errors-- > 0) throw new Error('no key')
            return [sku]
          },
        },
      ),
    ])
    const command = aReserve()
    await peer.say(command)
    await peer.hears('reply', { sagaId: command.sagaId, failure: undefined })
    expect(await effects()).toEqual(['reserved'])
  })

  test('one that throws among many holds up and takes back none of them', async () => {
    const { peer, effects } = await begin([
      handle(reserve, async ({ orderId }, { tx, succeed }) => {
        await effect(tx.db, orderId)
        if (orderId === 'bad') throw new Error('broken')
        return succeed({ reserved: 2 })
      }),
    ])
    const commands = ['a', 'bad', 'c', 'd'].map(orderId => aReserve({ payload: { ...pens, orderId } }))
    await peer.say(...commands)
    for (const { sagaId, payload } of commands) {
      const isBad = (payload as typeof pens).orderId === 'bad'
      await peer.hears('reply', { sagaId, failure: isBad ? 'UNPROCESSABLE' : undefined })
    }
    expect((await effects()).toSorted()).toEqual(['a', 'c', 'd'])
  })

  test('one that throws and one that refuses, side by side with others, take back only what is theirs', async () => {
    const { peer, effects } = await begin([
      handle(
        reserve,
        async ({ orderId }, { tx, succeed, fail }) => {
          await effect(tx.db, orderId)
          if (orderId === 'bad') throw new Error('broken')
          return orderId === 'refused' ? fail('INSUFFICIENT_STOCK', { available: 0 }) : succeed({ reserved: 2 })
        },
        { keys: ({ orderId }) => [orderId] },
      ),
    ])
    const commands = ['a', 'bad', 'c', 'refused', 'd'].map(orderId => aReserve({ payload: { ...pens, orderId } }))
    await peer.say(...commands)
    for (const { sagaId, payload } of commands) {
      const { orderId } = payload as typeof pens
      const failure = { bad: 'UNPROCESSABLE', refused: 'INSUFFICIENT_STOCK' }[orderId]
      await peer.hears('reply', { sagaId, failure })
    }
    expect((await effects()).toSorted()).toEqual(['a', 'c', 'd'])
  })

  test('one that rejects its message has it as a dead letter at once, with the reason', async () => {
    let runs = 0
    const { peer, effects, service } = await begin([
      on(orderCompleted, async ({ orderId }, { tx, reject }) => {
        runs += 1
        await effect(tx.db, orderId)
        reject(`there is no order ${orderId}`)
      }),
    ])
    await peer.say(anEvent({ type: 'orders.completed', payload: { orderId: 'o-1' } }))
    const letters = async () => (await service.queries.inbox({ state: 'dead', limit: 10 })).rows
    await expect
      .poll(async () => (await letters()).map(({ handling }) => handling.error))
      .toEqual(['REJECTED: there is no order o-1'])
    expect(runs).toBe(1)
    expect(await effects()).toEqual([])
  })
})

describe('around', () => {
  test('wraps every handling, with the headers that its message brought', async () => {
    const seen: string[] = []
    const around = async ({ type, headers }: ReceivedMessage, next: () => Promise<void>) => {
      seen.push(`${type} for ${headers['tenant']} begins`)
      await next()
      seen.push(`${type} for ${headers['tenant']} ends`)
    }
    const { peer } = await begin(
      [
        handle(reserve, async (_payload, { tx, succeed }) => {
          await tx.publish(orderCompleted, { orderId: 'o-1' })
          return succeed({ reserved: 2 })
        }),
        on(orderCompleted, async () => {
          seen.push('reacts')
        }),
      ],
      { around },
    )
    const command = aReserve({ headers: { tenant: 'blue' } })
    await peer.say(command)
    await expect
      .poll(() => seen)
      .toEqual([
        'stock.reserve for blue begins',
        'stock.reserve for blue ends',
        'orders.completed for blue begins',
        'reacts',
        'orders.completed for blue ends',
      ])
    const [answer] = await peer.hears('reply', { sagaId: command.sagaId })
    expect(answer?.headers).toMatchObject({ tenant: 'blue' })
  })

  test('a wrapper that throws is like a handler that throws', async () => {
    let errors = 1
    const around = async (_message: ReceivedMessage, next: () => Promise<void>) => {
      await next()
      if (errors-- > 0) throw new Error('not this tenant')
    }
    const { peer, effects } = await begin([on(orderCompleted, async (_payload, { tx }) => effect(tx.db, 'noted'))], {
      around,
    })
    await peer.say(anEvent({ type: 'orders.completed', payload: { orderId: 'o-1' } }))
    await expect.poll(effects).toEqual(['noted'])
    expect(errors).toBeLessThan(0)
  })
})
