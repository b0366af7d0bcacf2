import Fastify from 'fastify'
import { type PgClient, service } from 'makegood'
import { embedded } from 'makegood/embedded'
import { pglite } from 'makegood/pglite'
import { expect, test } from 'vitest'
import { databaseOf } from '../../../runner/database.ts'
import { quiet } from '../../../runner/quiet.ts'
import { adminSite } from '../../admin/admin.ts'

test('while its service is starting the site says so, and asks nothing of the database', async () => {
  const store = pglite<PgClient>()
  const app = Fastify()
  await app.register(adminSite, {
    prefix: '/admin',
    service: service('shop', { store, transport: embedded(), hosts: [] }),
    database: databaseOf(store, 'shop'),
    log: quiet,
    started: new Promise<void>(() => {}),
    credentials: { user: 'admin', password: 'admin', secret: undefined },
    tables: [],
  })
  const { statusCode, body } = await app.inject('/admin/')
  expect([statusCode, body]).toEqual([503, expect.stringContaining('shop is still starting. Try again in a moment.')])
  await app.close()
})
