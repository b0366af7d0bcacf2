import { connect } from 'amqplib'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { askAt } from '../../../scripts/servers/on-demand.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import type { Compared } from '../../src/cli/comparing.ts'
import { exits } from '../../src/cli/terminal.ts'
import { mysqlDatabase, postgresDatabase, type Restorable } from './backups.ts'
import { names, type ServiceName, SmallShop } from './small-shop.ts'

/** For what hangs, not for what is slow. */
const eventually = { timeout: 60_000 }

describe('after a disaster', () => {
  let databases: { readonly [Name in ServiceName]: Restorable }
  let shop: SmallShop
  let opened = 0

  const open = async (shelf: (name: string) => Promise<Restorable>) => {
    opened += 1
    const own = (name: ServiceName) => `restore_${name}_${process.pid}_${opened}`
    const onPostgres = (name: string) => postgresDatabase(inject('postgresUrl'), name)
    databases = {
      office: await onPostgres(own('office')),
      shelf: await shelf(own('shelf')),
      till: await onPostgres(own('till')),
      post: await onPostgres(own('post')),
    }
    for (const { tell } of Object.values(databases)) await tell('create table done (what varchar(200))')
    await emptyBroker()
    const urls = { office: databases.office.url, shelf: databases.shelf.url }
    const others = { till: databases.till.url, post: databases.post.url }
    shop = new SmallShop({ ...urls, ...others }, rabbitmq({ url: inject('amqpUrl') }))
    await shop.start(...names)
  }
  const onPostgres = (name: string) => postgresDatabase(inject('postgresUrl'), name)
  const onMysql = async (name: string) => mysqlDatabase(await askAt(inject('mysqlDoor')), name)
  afterEach(async () => {
    await shop?.stop(...names)
    for (const database of Object.values(databases)) await database.drop()
  })

  const stands = (orderId: string) => expect.poll(() => shop.standing(orderId), eventually)
  const allIsPublished = () => expect.poll(() => shop.published(), eventually).toBe(true)

  /** What a service has done, in any order. */
  const doneAt = async (service: ServiceName) =>
    (await databases[service].tell('select what from done')).map(({ what }) => String(what)).sort()

  /** What doctor says that no service will mend: `not undone till charge: left`. */
  const differences = async (since: string): Promise<readonly string[]> => {
    const { out } = await shop.makegood('doctor', '--since', since, '--json')
    const { compared } = JSON.parse(out) as { readonly compared: Compared }
    return compared.differences
      .map(({ kind, service, what, of }) => `${kind}: ${service} ${what}: ${of.map(({ key, id }) => key ?? id).sort()}`)
      .sort()
  }

  /** The deadline of what is open of this order passes: no test waits for an hour. */
  const nobodyLooksForAnHour = (orderId: string) =>
    databases.office.tell(
      `update makegood.saga
       set state = regexp_replace(state::text, '"wakeAt": ?[0-9]+', '"wakeAt":0', 'g')::json, wake_at = now(), check_at = now()
       where key = '${orderId}'`,
    )

  test.each([
    ['PostgreSQL', onPostgres],
    ['MySQL', onMysql],
  ])(
    'a participant on %s that was taken back to a backup goes on, and doctor names what it has forgotten',
    async (_, shelf) => {
      await open(shelf)
      await shop.order('early')
      await stands('early').toBe('completed')
      await allIsPublished()
      const restore = await databases.shelf.backUp()
      const since = await now()

      await shop.order('forgotten')
      await stands('forgotten').toBe('completed')
      await shop.stop('till')
      await shop.order('half')
      await shop.order('poor')
      await stands('half').toBe('charge')
      await stands('poor').toBe('charge')
      await shop.stop('shelf')
      await restore()
      await shop.order('late')
      await shop.start('shelf', 'till')

      // What is still to be done is done; what is to be undone is undone, for the office knows that it had been done.
      for (const orderId of ['half', 'late']) await stands(orderId).toBe('completed')
      await stands('poor').toBe('compensated')
      expect(await doneAt('shelf')).toEqual([
        ...['shelf.release poor', 'shelf.reserve early', 'shelf.reserve late'],
        ...['shelf.ship early', 'shelf.ship half', 'shelf.ship late'],
      ])
      await expect
        .poll(() => differences(since), eventually)
        .toEqual(['forgotten: shelf reserve: forgotten,half', 'forgotten: shelf ship: forgotten'])
      const { code, out } = await shop.makegood('doctor', '--since', since)
      expect(code).toBe(exits.refused)
      expect(out).toContain('Of 1 saga (forgotten) the step ship succeeded, and shelf has no record of it.')
      expect(out).toContain('docs/runbooks/restore.md')
    },
    240_000,
  )

  test('an orchestrator that was taken back asks again what was open, and doctor names the orders that it does not know', async () => {
    await open(onPostgres)
    await shop.stop('till')
    await shop.order('paying')
    await stands('paying').toBe('charge')
    await shop.stop('shelf')
    for (const orderId of ['begun', 'left']) await shop.order(orderId)
    await allIsPublished()
    const restore = await databases.office.backUp()
    const since = await now()

    await shop.start('shelf', 'till')
    for (const orderId of ['paying', 'begun', 'left']) await stands(orderId).toBe('completed')
    const unknown = await shop.order('unknown')
    await stands('unknown').toBe('completed')
    await expect.poll(() => doneAt('post'), eventually).toHaveLength(4)
    await shop.stop('till')
    const half = await shop.order('half')
    await stands('half').toBe('charge')
    await shop.stop('office')
    await restore()
    await shop.start('office', 'till')
    const standing = async (...orderIds: string[]) => Promise.all(orderIds.map(orderId => shop.standing(orderId)))
    expect(await standing('paying', 'begun', 'left', 'unknown', 'half')).toEqual([
      ...['charge', 'reserve', 'reserve', 'unknown', 'unknown'],
    ])

    // Left alone, what is open before the pivot is compensated when its deadline has passed; asked again before, it goes on.
    await nobodyLooksForAnHour('left')
    await stands('left').toBe('compensated')
    const retried = await shop.makegood('sagas', 'retry', '--status', 'running', '--reason', 'restored', '--yes')
    expect(retried).toMatchObject({ code: exits.done })
    for (const orderId of ['paying', 'begun']) await stands(orderId).toBe('completed')
    expect(await doneAt('till')).toEqual(
      ['begun', 'half', 'left', 'paying', 'unknown'].map(orderId => `till.charge ${orderId}`),
    )
    const strangers = [unknown, half].sort()
    await expect
      .poll(() => differences(since), eventually)
      .toEqual([
        'heard twice: post office.shipped: begun,paying',
        'not undone: shelf ship: left',
        'not undone: till charge: left',
        `unknown: shelf : ${strangers}`,
        `unknown: till : ${strangers}`,
      ])
  }, 240_000)

  test('a broker that has lost its queues: what is asked again is done once, and doctor names the events that nobody will hear', async () => {
    await open(onPostgres)
    const since = await now()
    await shop.stop('post')
    await shop.order('untold')
    await stands('untold').toBe('completed')
    await shop.stop('till')
    await shop.order('paid')
    await stands('paid').toBe('charge')
    await shop.stop('shelf')
    for (const orderId of ['begun', 'left']) await shop.order(orderId)
    await allIsPublished()
    await shop.stop('office')
    await shop.start('till')
    await expect.poll(() => doneAt('till'), eventually).toContain('till.charge paid')
    await allIsPublished()
    await shop.stop('till')

    // Gone: two commands to the shelf, an answer to the office, and an event to the post.
    await emptyBroker()
    await shop.start(...names)
    await nobodyLooksForAnHour('left')
    await stands('left').toBe('compensated')
    const retried = await shop.makegood(
      'sagas',
      'retry',
      '--status',
      'running',
      '--reason',
      'the broker is empty',
      '--yes',
    )
    expect(retried).toMatchObject({ code: exits.done })
    for (const orderId of ['paid', 'begun']) await stands(orderId).toBe('completed')
    expect(await doneAt('till')).toEqual(['till.charge begun', 'till.charge paid', 'till.charge untold'])
    expect(await doneAt('shelf')).toEqual(
      ['reserve', 'ship'].flatMap(step => ['begun', 'paid', 'untold'].map(orderId => `shelf.${step} ${orderId}`)),
    )
    await expect.poll(() => differences(since), eventually).toEqual(['unheard: post office.shipped: untold'])
  }, 240_000)

  async function now(): Promise<string> {
    const [row] = await databases.office.tell(`select to_json(now() at time zone 'UTC') as now`)
    return `${row.now}Z`
  }
})

async function emptyBroker(): Promise<void> {
  const connection = await connect(inject('amqpUrl'))
  try {
    const channel = await connection.createChannel()
    for (const name of names) await channel.deleteQueue(name)
  } finally {
    await connection.close()
  }
}
