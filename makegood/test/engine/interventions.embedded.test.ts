import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  type CommandMessage,
  command,
  event,
  type Hosted,
  handlersFor,
  type PgClient,
  type Request,
  revisionOf,
  type Saga,
  saga,
  track,
} from '../../src/makegood.ts'
import { type CrashPoint, faultPlan, faulty } from '../../src/testing/index.ts'
import { ordering, orderPlaced } from './ordering.ts'
import { aCommand, anAnswer, anEvent } from './peer.ts'
import { Order, release, ship } from './shop.ts'
import { effect, type Scene, stage } from './stage.ts'

// What people do to a service by hand, and what the audit says of it; the test plays the services around it.

const { handle, on } = handlersFor<PgClient>()
const begin = stage()
const pens: Order = { orderId: 'o-1', sku: 'pen', quantity: 2, cents: 500 }
const deed = { by: 'ada', reason: 'the carrier is back' }
const retry: Request = { action: { kind: 'retry' }, ...deed }

const shipping = saga('shipping', { version: 1, data: Order })
  .retriable('parcel', ship, { payload: ({ orderId }) => ({ orderId }) })
  .ends()

describe('a request', () => {
  test('is in the audit with who asked, why, and what it did, and says that', async () => {
    const scene = await begin([shipping])
    const sagaId = await stuckIn(scene, shipping)
    const { status, effect } = await scene.service.request(sagaId, retry)
    expect(status).toBe('running')
    expect(effect).toEqual({
      from: 'stuck',
      to: 'running',
      sends: [{ command: 'parcels.ship', step: 'parcel', direction: 'forward' }],
      publishes: [],
      undoes: [],
      leaves: { open: [], done: [] },
      journal: [
        { kind: 'requested', step: undefined },
        { kind: 'asked again', step: 'parcel' },
      ],
    })
    expect(await audited(scene)).toEqual([
      {
        ...deed,
        action: 'retry',
        target: sagaId,
        detail: { definition: 'shipping', key: expect.any(String), from: 'stuck', to: 'running' },
      },
    ])
    await scene.service.request(sagaId, { ...deed, action: { kind: 'skip', step: 'parcel' } })
    const [skipped] = await audited(scene)
    expect(skipped).toMatchObject({ action: 'skip', detail: { step: 'parcel' } })
  })

  test('is not done if its saga is not what it was decided on any more: of two at once the second is told', async () => {
    const scene = await begin([shipping])
    const other = await scene.again()
    const sagaId = await stuckIn(scene, shipping)
    const revision = await revisionIn(scene, sagaId)
    const outcomes = await Promise.allSettled([
      scene.service.request(sagaId, retry, { revision }),
      other.request(sagaId, { ...retry, by: 'grace' }, { revision }),
    ])
    const refused = outcomes.filter(outcome => outcome.status === 'rejected')
    expect(refused).toHaveLength(1)
    expect(refused[0]!.reason).toMatchObject({ code: 'ACTION_OUTDATED', message: /it is running now/ })
    expect(await audited(scene)).toHaveLength(1)
    await scene.peer.hears('command', { sagaId, attempt: 2 })
    expect((await scene.service.queries.journal(sagaId)).filter(({ kind }) => kind === 'requested')).toHaveLength(1)
    expect(await scene.service.request(sagaId, retry, { revision: await revisionIn(scene, sagaId) })).toBeDefined()
  })

  test('that is refused, or is about no saga here, leaves nothing in the audit', async () => {
    const scene = await begin([shipping])
    const sagaId = await stuckIn(scene, shipping)
    const skip: Request = { ...deed, action: { kind: 'skip', step: 'absent' } }
    for (const ask of [scene.service.request, scene.service.preview] as const) {
      const asked = ask.bind(scene.service)
      await expect(asked(sagaId, skip)).rejects.toMatchObject({ code: 'ACTION_REFUSED', message: /no step absent/ })
      await expect(asked('absent', retry)).rejects.toMatchObject({ code: 'SAGA_UNKNOWN' })
      await expect(asked(sagaId, retry, { revision: '0123456789abcdef' })).rejects.toMatchObject({
        code: 'ACTION_OUTDATED',
      })
    }
    expect(await audited(scene)).toEqual([])
  })

  test('needs to say who asks and why', async () => {
    const scene = await begin([shipping])
    const sagaId = await stuckIn(scene, shipping)
    for (const wrong of [{ by: '' }, { reason: ' ' }, { by: 'x'.repeat(201) }, { reason: 'x'.repeat(2_001) }])
      await expect(scene.service.request(sagaId, { ...retry, ...wrong })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      })
    expect(await scene.service.status(shipping, sagaId)).toBeUndefined()
    expect((await scene.service.result(sagaId)).status).toBe('stuck')
  })

  test('of the application itself is in the journal and not in the audit', async () => {
    const definition = undoable()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    await scene.peer.hears('command', { sagaId, step: 'stock' })
    await scene.service.cancel(sagaId, 'changed their mind')
    expect(await audited(scene)).toEqual([])
    expect((await scene.service.queries.journal(sagaId)).map(({ kind }) => kind)).toContain('requested')
  })

  test('and its place in the audit happen together, or not at all', async () => {
    const scene = await begin([shipping])
    const sagaId = await stuckIn(scene, shipping)
    const revision = await revisionIn(scene, sagaId)
    const at = { service: scene.service.name, sends: 'command parcels.ship' } as const
    const dyingRequest = async (point: CrashPoint) => {
      const { plan, dying } = await mortal(scene, [shipping])
      void plan.next({ point, ...at })
      await expect(dying.request(sagaId, retry, { revision })).rejects.toThrow(point)
    }
    await dyingRequest('crash before commit')
    expect(await audited(scene)).toEqual([])
    expect(await revisionIn(scene, sagaId)).toBe(revision)
    await dyingRequest('crash after commit')
    expect(await audited(scene)).toHaveLength(1)
    expect((await scene.service.queries.saga(sagaId))?.state.status).toBe('running')
    await scene.peer.hears('command', { sagaId, attempt: 2 })
  })
})

describe('a preview', () => {
  test('says what the request then does, and changes nothing', async () => {
    const scene = await begin([shipping])
    const sagaId = await stuckIn(scene, shipping)
    const revision = await revisionIn(scene, sagaId)
    const journal = await scene.service.queries.journal(sagaId)
    const seen = await scene.service.preview(sagaId, retry, { revision })
    expect(await revisionIn(scene, sagaId)).toBe(revision)
    expect(await scene.service.queries.journal(sagaId)).toEqual(journal)
    expect(await audited(scene)).toEqual([])
    expect(scene.peer.heard('command', { sagaId })).toHaveLength(1)
    expect((await scene.service.request(sagaId, retry, { revision })).effect).toEqual(seen)
  })

  test('names what is published and undone by an end', async () => {
    const definition = undoable()
    const scene = await begin([definition])
    const sagaId = await start(scene, definition)
    const asked = (await scene.peer.hears('command', { sagaId, step: 'stock' }))[0]!
    await scene.peer.say(anAnswer(asked, { payload: undefined }))
    await scene.peer.hears('command', { sagaId, step: 'parcel' })
    const seen = await scene.service.preview(sagaId, { ...deed, action: { kind: 'compensate' } })
    expect(seen).toMatchObject({
      from: 'running',
      to: 'compensating',
      sends: [{ command: 'parcels.ship', step: 'parcel', direction: 'close' }],
      // Neither needs undoing.
      undoes: [],
    })
    expect(await scene.service.preview(sagaId, { ...deed, action: { kind: 'abandon' } })).toMatchObject({
      to: 'abandoned',
      leaves: { open: ['parcel'], done: ['stock'] },
    })
  })

  test('of an instance that is followed says what waiting once more, or giving it up, would do', async () => {
    const scene = await begin([track(ordering({ stock: 100 }))])
    const order = crypto.randomUUID()
    await scene.peer.say(anEvent({ type: orderPlaced.type, payload: { orderId: order }, correlationId: order }))
    const followed = () => scene.service.status({ name: 'ordering' }, order)
    await expect.poll(async () => (await followed())?.status).toBe('stuck')
    const { sagaId } = (await followed())!
    const effects = async (kind: 'retry' | 'abandon') => scene.service.preview(sagaId, { ...deed, action: { kind } })
    expect(await effects('retry')).toMatchObject({ from: 'stuck', to: 'running', sends: [] })
    expect(await effects('abandon')).toMatchObject({ from: 'stuck', to: 'abandoned' })
    await expect(scene.service.preview(sagaId, { ...deed, action: { kind: 'compensate' } })).rejects.toMatchObject({
      code: 'ACTION_REFUSED',
    })
    expect((await followed())?.status).toBe('stuck')
  })
})

describe('a dead letter that is discarded', () => {
  test('is gone from the dead letters; its command stays answered UNPROCESSABLE, and a newer attempt runs', async () => {
    const broken = { is: true }
    const scene = await begin([reserving(broken)])
    const asked = await dies(scene)
    expect(await scene.service.discard([asked.identity, 'absent'], deed)).toEqual([asked.identity])
    expect(await letters(scene)).toEqual([])
    broken.is = false
    await scene.peer.say({ ...asked.command, id: crypto.randomUUID() })
    const again = await scene.peer.hears('reply', { sagaId: asked.command.sagaId, failure: 'UNPROCESSABLE' }, 2)
    expect(again.at(-1)?.payload).toEqual(again[0]?.payload)
    expect(await scene.effects()).toEqual([])

    await scene.peer.say({ ...asked.command, id: crypto.randomUUID(), attempt: 2 })
    await scene.peer.hears('reply', { sagaId: asked.command.sagaId, attempt: 2, failure: undefined })
    expect(await scene.effects()).toEqual(['reserved 2'])
  })

  test('is one no more for anybody: a second time, and a redrive, find nothing', async () => {
    const scene = await begin([reserving({ is: true })])
    const { identity } = await dies(scene)
    await scene.service.discard([identity], deed)
    expect(await scene.service.discard([identity], deed)).toEqual([])
    expect(await scene.service.redrive([identity], deed)).toEqual([])
    expect(await audited(scene)).toHaveLength(1)
  })

  test('does not run when its step is compensated afterwards, nor after that (rules 7 and 9)', async () => {
    const broken = { is: true }
    const scene = await begin([reserving(broken), releasing])
    const { command: asked, identity } = await dies(scene)
    await scene.service.discard([identity], deed)
    broken.is = false
    await scene.peer.say(undo(asked))
    await scene.peer.hears('reply', { sagaId: asked.sagaId, direction: 'compensation', failure: undefined })
    expect(await scene.service.redrive([identity], deed)).toEqual([])
    await scene.peer.say({ ...asked, id: crypto.randomUUID(), attempt: 2 })
    const later = aCommand({ type: 'stock.reserve', payload: pens })
    await scene.peer.say(later)
    await scene.peer.hears('reply', { sagaId: later.sagaId })
    expect(await scene.effects()).toEqual(['reserved 2'])
  })

  test('whose step was closed meanwhile is none, and nothing is done (rule 9)', async () => {
    const scene = await begin([reserving({ is: true }), releasing])
    const { command: asked, identity } = await dies(scene)
    await scene.peer.say(undo(asked))
    await scene.peer.hears('reply', { sagaId: asked.sagaId, direction: 'compensation', failure: undefined })
    expect(await scene.service.discard([identity], deed)).toEqual([])
    expect((await scene.service.queries.inboxRow(identity))?.handling.state).toBe('closed')
    expect(await audited(scene)).toEqual([])
  })
})

describe('dead letters that are redriven', () => {
  test('are in the audit one by one, those that were dead, unless nobody says who does it', async () => {
    const broken = { is: true }
    const scene = await begin([reserving(broken)])
    const [first, second] = [await dies(scene), await dies(scene)]
    broken.is = false
    expect(await scene.service.redrive([second.identity, 'absent', first.identity], deed)).toEqual([
      second.identity,
      first.identity,
    ])
    for (const { command: asked } of [first, second])
      await scene.peer.hears('reply', { sagaId: asked.sagaId, failure: undefined })
    const rows = await audited(scene)
    expect(rows).toHaveLength(2)
    expect(rows[0]).toEqual({
      ...deed,
      action: 'redrive',
      target: first.identity,
      detail: { type: 'stock.reserve', sagaId: first.command.sagaId },
    })
    expect(await scene.service.redrive([first.identity], deed), 'it is not dead any more').toEqual([])
    broken.is = true
    const third = await dies(scene)
    expect(await scene.service.redrive([third.identity])).toEqual([third.identity])
    expect(await audited(scene)).toHaveLength(2)
  })

  test('come due one after the other, in the order given', async () => {
    const scene = await begin([reserving({ is: true })])
    const dead = [await dies(scene), await dies(scene), await dies(scene)]
    const order = [dead[2]!, dead[0]!, dead[1]!].map(({ identity }) => identity)
    expect(await scene.service.redrive(order, { ...deed, spacingMs: 60_000 })).toEqual(order)
    const due = async (identity: string) => (await scene.service.queries.inboxRow(identity))?.dueAt
    const [second, third] = [await due(order[1]!), await due(order[2]!)]
    expect(third! - second!).toBe(60_000)
    expect(second! - Date.now()).toBeGreaterThan(30_000)
    await expect.poll(async () => (await letters(scene)).map(({ identity }) => identity)).toEqual([order[0]])
  })

  test('do nothing if their step is closed before they come due (rule 9)', async () => {
    const broken = { is: true }
    const scene = await begin([reserving(broken), releasing])
    const [first, second] = [await dies(scene), await dies(scene)]
    broken.is = false
    await scene.service.redrive([first.identity, second.identity], { ...deed, spacingMs: 60_000 })
    await scene.peer.hears('reply', { sagaId: first.command.sagaId, failure: undefined })
    await scene.peer.say(undo(second.command))
    await scene.peer.hears('reply', { sagaId: second.command.sagaId, direction: 'compensation', failure: undefined })
    expect((await scene.service.queries.figures()).parked).toBe(0)
    expect(await scene.effects()).toEqual(['reserved 2'])
  })

  test('come back once if what is wrong with them is not mended', async () => {
    const runs: string[] = []
    const scene = await begin([reserving({ is: true }, runs)])
    const { identity } = await dies(scene)
    runs.length = 0
    await scene.service.redrive([identity], deed)
    await expect.poll(() => runs).toHaveLength(2)
    await expect.poll(async () => (await letters(scene)).length).toBe(1)
    expect(await scene.service.queries.figures()).toMatchObject({ parked: 0, dead: 1 })
    expect(runs, 'its two attempts anew').toHaveLength(2)
  })

  test('and their place in the audit happen together, or not at all', async () => {
    const broken = { is: true }
    const scene = await begin([reserving(broken)])
    const [redriven, discarded] = [await dies(scene), await dies(scene)]
    const at = { service: scene.service.name, handles: 'command stock.reserve' } as const
    const dying = async (point: CrashPoint, act: (service: Scene['service']) => Promise<unknown>) => {
      const { plan, dying } = await mortal(scene, [])
      void plan.next({ point, ...at })
      await expect(act(dying)).rejects.toThrow(point)
    }
    await dying('crash before commit', service => service.discard([discarded.identity], deed))
    expect(await audited(scene)).toEqual([])
    expect(await letters(scene)).toHaveLength(2)
    await dying('crash after commit', service => service.discard([discarded.identity], deed))
    await dying('crash before commit', service => service.redrive([redriven.identity], deed))
    expect(await audited(scene)).toHaveLength(1)
    expect(await letters(scene)).toMatchObject([{ identity: redriven.identity }])
  })

  test('are of a limited number, and evenly spaced within limits', async () => {
    const scene = await begin([reserving({ is: true })])
    const many = Array.from({ length: 1_001 }, (_, index) => String(index))
    for (const asked of [
      () => scene.service.redrive(many, deed),
      () => scene.service.discard(many, deed),
      () => scene.service.redrive(['a'], { ...deed, spacingMs: -1 }),
      () => scene.service.redrive(['a'], { ...deed, spacingMs: Number.NaN }),
      () => scene.service.redrive(['a', 'b'], { ...deed, payload: {} }),
    ])
      await expect((async () => asked())()).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})

describe('a dead letter that is redriven with another payload', () => {
  test('is handled with that, and is the same command when it comes again as it was', async () => {
    const scene = await begin([reserving({ is: false })])
    const { command: asked, identity } = await dies(scene, { payload: { ...pens, quantity: 0 } })
    const mended = { ...pens, quantity: 3 }
    expect(await scene.service.redrive([identity], { ...deed, payload: mended })).toEqual([identity])
    await scene.peer.hears('reply', { sagaId: asked.sagaId, failure: undefined })
    expect(await scene.effects()).toEqual(['reserved 3'])
    await scene.peer.say({ ...asked, id: crypto.randomUUID() })
    await scene.peer.hears('reply', { sagaId: asked.sagaId, failure: undefined }, 2)
    expect(await letters(scene)).toEqual([])
    expect(await audited(scene)).toEqual([
      {
        ...deed,
        action: 'edit',
        target: identity,
        detail: { type: 'stock.reserve', sagaId: asked.sagaId, changed: ['quantity'] },
      },
    ])
  })

  test('is left as it is if that does not match its schema, is too large, or its type is not editable', async () => {
    const scene = await begin([reserving({ is: true }), releasing], { limits: { payloadBytesMax: 2_048 } })
    const { identity } = await dies(scene)
    const undone = await dies(scene, { type: 'stock.release', payload: { ...pens, quantity: 'x' } })
    const given = (letter: string, payload: unknown) => scene.service.redrive([letter], { ...deed, payload })
    await expect(given(identity, { ...pens, quantity: 'two' })).rejects.toMatchObject({
      code: 'PAYLOAD_INVALID',
      message: expect.stringContaining('quantity'),
    })
    await expect(given(identity, { ...pens, sku: 'x'.repeat(4_000) })).rejects.toMatchObject({
      code: 'PAYLOAD_INVALID',
    })
    await expect(given(undone.identity, pens)).rejects.toMatchObject({ code: 'ACTION_REFUSED' })
    expect(await letters(scene)).toHaveLength(2)
    expect(await audited(scene)).toEqual([])
    expect(await given('absent', pens)).toEqual([])
  })

  test('may be an event', async () => {
    const noted = event('orders.noted', { payload: z.object({ text: z.string() }), editable: true })
    const scene = await begin([
      on(noted, async ({ text }, { tx, reject }) => {
        if (text === 'wrong') reject('it is wrong')
        await effect(tx.db, text)
      }),
    ])
    await scene.peer.say(anEvent({ type: 'orders.noted', payload: { text: 'wrong' } }))
    await expect.poll(async () => (await letters(scene)).length).toBe(1)
    const [letter] = await letters(scene)
    await scene.service.redrive([letter!.identity], { ...deed, payload: { text: 'right' } })
    await expect.poll(() => scene.effects()).toEqual(['right'])
  })
})

describe('what changes nothing, or everything', () => {
  test('that a person saw what is masked is in the audit', async () => {
    const scene = await begin([shipping])
    await scene.service.audit({ ...deed, action: 'reveal', target: 's-1', detail: { of: 'saga' } })
    expect(await audited(scene)).toEqual([{ ...deed, action: 'reveal', target: 's-1', detail: { of: 'saga' } }])
  })

  test('pruning now deletes what is over and past its window, and is in the audit', async () => {
    const scene = await begin([reserving({ is: false })], { limits: { inboxMs: 60_000 } })
    for (let index = 0; index < 3; index++) {
      const asked = aCommand({ type: 'stock.reserve', payload: pens })
      await scene.peer.say(asked)
      await scene.peer.hears('reply', { sagaId: asked.sagaId })
    }
    expect(await scene.service.prune(deed)).toBe(0)
    await scene.sql(`update makegood.inbox set received_at = now() - interval '2 minutes' where service = $1`, [
      scene.service.name,
    ])
    expect(await scene.service.prune(deed)).toBe(3)
    expect(await audited(scene)).toMatchObject([
      { ...deed, action: 'prune', target: undefined },
      { ...deed, action: 'prune', detail: { inboxMs: 60_000 } },
    ])
  })

  test('a service says since when it runs', async () => {
    const scene = await begin([shipping])
    expect(Math.abs(scene.service.startedAt! - Date.now())).toBeLessThan(60_000)
  })
})

// ── What these scenarios are made of ────────────────────────────────────────────────────────────────────────────────

const Pens = z.object({ orderId: z.string(), sku: z.string(), quantity: z.int().positive() })

const reserve = command('stock.reserve', { payload: Pens, reply: z.object({ reserved: z.int() }), editable: true })

function reserving(broken: { is: boolean }, runs: string[] = []): Hosted<PgClient> {
  return handle(reserve, async ({ orderId, quantity }, { tx, succeed }) => {
    runs.push(orderId)
    if (broken.is) throw new Error(`no shelf for "${orderId}"`)
    await effect(tx.db, `reserved ${quantity}`)
    return succeed({ reserved: quantity })
  })
}

const releasing = handle(release, async (_payload, { tx, succeed }) => {
  await effect(tx.db, 'released')
  return succeed()
})

function undo(of: CommandMessage): CommandMessage {
  return aCommand({ ...of, type: 'stock.release', id: crypto.randomUUID(), direction: 'compensation', payload: pens })
}

/** A command that ends as a dead letter. */
async function dies({ peer, service }: Scene, said: Partial<CommandMessage> = {}) {
  const asked = aCommand({ type: 'stock.reserve', payload: pens, ...said })
  await peer.say(asked)
  await peer.hears('reply', { sagaId: asked.sagaId, failure: 'UNPROCESSABLE' })
  const { rows } = await service.queries.inbox({ state: 'dead', limit: 200 })
  return { command: asked, identity: rows.find(row => row.sagaId === asked.sagaId)!.identity }
}

async function letters({ service }: Scene) {
  return (await service.queries.inbox({ state: 'dead', limit: 200 })).rows
}

/** Newest first, without the number and the time of each. */
async function audited({ service }: Scene) {
  const { rows } = await service.queries.audit({ limit: 200 })
  return rows.map(({ by, action, target, reason, detail }) => ({ by, action, target, reason, detail }))
}

async function revisionIn({ service }: Scene, sagaId: string): Promise<string> {
  return revisionOf((await service.queries.saga(sagaId))!.state)
}

function undoable() {
  return saga('undoable', { version: 1, data: Order })
    .compensatable('stock', release, { payload: order => order, compensation: 'not needed' })
    .compensatable('parcel', ship, { payload: order => order, compensation: 'not needed' })
    .ends()
}

async function start({ service }: Scene, definition: Saga<string, Order>): Promise<string> {
  return (await service.startSaga(definition, pens, { key: crypto.randomUUID() })).sagaId
}

async function stuckIn(scene: Scene, definition: Saga<string, Order>): Promise<string> {
  const sagaId = await start(scene, definition)
  const [asked] = await scene.peer.hears('command', { sagaId })
  await scene.peer.say(anAnswer(asked!, { failure: 'UNPROCESSABLE', payload: { error: 'no carrier' } }))
  expect((await scene.service.result(sagaId)).status).toBe('stuck')
  return sagaId
}

/** Another process of the service, which dies where the plan says. */
async function mortal(scene: Scene, hosts: readonly Hosted<PgClient>[]) {
  const plan = faultPlan()
  const { store, transport, wire } = scene
  const parts = faulty({ store, transport, wire }, plan)
  return { plan, dying: await scene.again(hosts, { store: parts.store, transport: parts.transport }) }
}
