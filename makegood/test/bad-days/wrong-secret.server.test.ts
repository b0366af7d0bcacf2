import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { rabbitmq } from '../../src/adapters/rabbitmq/index.ts'
import { Crowd } from '../engine/crowd.ts'
import { postgresPlace } from '../engine/postgres-place.ts'

test('a password that the database takes no more costs nothing but time: the service says so, and goes on when it is taken', async () => {
  const place = await postgresPlace(inject('postgresUrl'), rabbitmq({ url: inject('amqpUrl') }))
  onTestFinished(() => place.close())
  const user = `money_${process.pid}`
  const url = Object.assign(new URL(place.urlOf('money')), { username: user, password: 'first' }).href
  await place.sql('money', `create role ${user} superuser login password 'first'`)
  const pool = new pg.Pool({ connectionString: url, pipeline: true, max: 5 } as pg.PoolConfig)
  onTestFinished(async () => {
    await pool.end()
    await place.sql('money', `drop owned by ${user} cascade`)
    await place.sql('money', `drop role ${user}`)
  })
  const store = (service: string) => (service === 'money' ? postgres({ pool }) : place.store(service))
  const crowd = await Crowd.at({ ...place, store })
  onTestFinished(() => crowd.scaleTo(0))
  await crowd.scaleTo(1)
  const money = crowd.of('money')
  await crowd.underLoad(4, async load => {
    await load.more(10)
    await place.sql('money', `alter role ${user} password 'second'`)
    await place.sql('money', `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${user}'`)
    await crowd.begin(20)
    await expect
      .poll(() => money.health(), { timeout: 60_000 })
      .toMatchObject({ ready: false, database: 'down', reasons: [expect.stringContaining('refuses the password')] })
    await place.sql('money', `alter role ${user} password 'first'`)
    await load.more(10)
  })
  await crowd.addsUp()
}, 300_000)
