import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tokenAccess } from 'makegood/operations'
import { expect, test } from 'vitest'
import { system as creditChoreography } from '../../credit-choreography/main.ts'
import { system as ecommerce } from '../../ecommerce/main.ts'
import { Shop } from '../../ecommerce/test/shop.ts'
import { services } from '../../ecommerce/wire.ts'
import { system as kafkaOrchestration } from '../../kafka-orchestration/main.ts'
import { system as outboxChoreography } from '../../outbox-choreography/main.ts'
import { system as topicOrchestration } from '../../topic-orchestration/main.ts'
import { embeddedGround } from '../embedded-ground.ts'
import { Environment } from '../environment.ts'
import { onFreePorts } from '../on-free-ports.ts'
import { type RunningSystem, runSystem } from '../running-system.ts'
import type { StartableSystem } from '../system.ts'

const tokens = { reader: 'of-a-reader-whom-only-the-tests-know', admin: 'of-an-admin-whom-only-the-tests-know' }

const operations = tokenAccess([
  { name: 'ada', role: 'reader', token: tokens.reader },
  { name: 'grace', role: 'admin', token: tokens.admin },
])

const environment = new Environment({ PROVIDER_DELAY_SCALE: '0', PAYMENT_FAILURE_RATE: '0' })

const systems = [ecommerce, creditChoreography, outboxChoreography, topicOrchestration, kafkaOrchestration]

test.each(systems.map(make => make(environment)))('every service of $name asks who operates it', system =>
  running(system, async ({ urlOf }) => {
    for (const spec of system.services) {
      if ('adminPort' in spec) continue
      const url = urlOf(spec.name)
      expect((await me(url)).status, spec.name).toBe(401)
      expect(await (await me(url, tokens.reader)).json(), spec.name).toMatchObject({ name: 'ada', role: 'reader' })
    }
  }),
)

test('where a customer of the shop lives is seen by an admin who says why, and by nobody else', () =>
  running(ecommerce(environment), async running => {
    const shop = new Shop({ ...running, turn: async () => {} })
    const { saga_id } = await shop.ended(await shop.place())
    const look = async (token: string, query = '') => {
      const url = `${running.urlOf(services.orchestrator)}/operations/sagas/${saga_id}${query}`
      return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).text()
    }
    for (const seen of [await look(tokens.reader), await look(tokens.admin)]) {
      expect(seen).toContain(saga_id)
      expect(seen).not.toMatch(/123 Main St|New York|10001|customer@example/)
    }
    const revealed = await look(tokens.admin, `?reveal=true&reason=${encodeURIComponent('the parcel came back')}`)
    expect(revealed).toContain('123 Main St')
    expect(revealed).toContain('customer@example.com')
  }))

async function running(system: StartableSystem, look: (running: RunningSystem) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `${system.name}-`))
  const ground = embeddedGround(folder, { fresh: false })
  const running = await runSystem(system, { ...(await onFreePorts(system)), ground, operations })
  try {
    await look(running)
  } finally {
    await running.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function me(url: string, token?: string): Promise<Response> {
  return fetch(`${url}/operations/me`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
}
