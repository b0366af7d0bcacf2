import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { embedded } from '../../src/adapters/embedded/index.ts'
import { telemetry } from '../../src/adapters/telemetry/index.ts'
import { event } from '../../src/makegood.ts'
import { Peer } from './peer.ts'
import { stage } from './stage.ts'

const begin = stage()
const told = event('news.told', { payload: z.object({}) })

describe('a person on call finds counted', () => {
  test('what the broker did not confirm, although it went in the end', async () => {
    const registry = new Registry()
    const transport = embedded()
    const { service, wire } = await begin([], { transport, telemetry: telemetry({ service: 'paper', registry }) })
    await service.transaction(tx => tx.publish(told, {}))
    await expect
      .poll(() => registry.metrics())
      .toMatch(/^makegood_messages_unconfirmed_total\{service="paper"\} [1-9]/m)

    const reader = new Peer(transport, wire)
    await expect.poll(() => registry.metrics()).toContain('makegood_messages_published_total{service="paper"} 1')
    await reader.close()
  })

  test('each time that a loop could not do its work', async () => {
    const registry = new Registry()
    const { service, sql } = await begin([], { telemetry: telemetry({ service: 'paper', registry }) })
    await sql('alter table makegood.outbox rename to outbox_elsewhere')
    const failures = /^makegood_loop_failures_total\{service="paper",loop="relay"\} (\d+)/m
    await expect.poll(async () => Number(failures.exec(await registry.metrics())?.[1])).toBeGreaterThan(1)
    await sql('alter table makegood.outbox_elsewhere rename to outbox')
    await service.transaction(tx => tx.publish(told, {}))
    await expect.poll(() => registry.metrics()).toContain('makegood_messages_published_total{service="paper"} 1')
  })
})
