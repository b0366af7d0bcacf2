import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from 'makegood'
import { embeddedGround } from '../../runner/embedded-ground.ts'
import { freePortOffset } from '../../runner/free-ports.ts'
import { type RunningSystem, runSystem } from '../../runner/running-system.ts'
import type { EcommerceSettings, Switches } from '../environment.ts'
import { ecommerce } from '../system.ts'
import type { RunningShop } from './shop.ts'

/** Never refuses, and never lets anybody wait. */
export const obliging: Switches = {
  paymentFailureRate: 0,
  refundFailureRate: 0,
  shippingFailureRate: 0,
  notificationFailureRate: 0,
  delayScale: 0,
}

/** All services in this process, on free ports, with data of their own. */
export async function embeddedShop(): Promise<EmbeddedShop> {
  const folder = await mkdtemp(join(tmpdir(), 'ecommerce-'))
  const settings: EcommerceSettings = {
    exchange: 'saga.events',
    orchestratorUrl: undefined,
    requestsPerMinuteMax: 1_000_000,
    switches: { ...obliging },
  }
  const system = ecommerce(settings)
  const offset = await freePortOffset(system.services.map(({ port }) => port))
  const start = () =>
    runSystem(system, {
      ground: embeddedGround(folder, { fresh: false }),
      log: quiet,
      host: '127.0.0.1',
      portOf: ({ port }) => port + offset,
      signal: new AbortController().signal,
    })
  let running = await start()
  return {
    get system() {
      return running
    },
    urlOf: service => running.urlOf(service),
    turn: async switches => void Object.assign(settings.switches, obliging, switches),
    restart: async () => {
      await running.stop()
      running = await start()
    },
    stop: async () => {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface EmbeddedShop extends RunningShop {
  readonly system: RunningSystem
  /** Stops all of it in the middle of whatever it does, and starts it again on the same data. */
  restart(): Promise<void>
}

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
