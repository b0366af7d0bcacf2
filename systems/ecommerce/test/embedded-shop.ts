import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedGround } from '../../runner/embedded-ground.ts'
import { onFreePorts } from '../../runner/on-free-ports.ts'
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

export function settingsOfTests(): EcommerceSettings {
  return {
    exchange: 'saga.events',
    orchestratorUrl: undefined,
    requestsPerMinuteMax: 1_000_000,
    switches: { ...obliging },
  }
}

/** All services in this process, on free ports, with data of their own. */
export async function embeddedShop(): Promise<EmbeddedShop> {
  const folder = await mkdtemp(join(tmpdir(), 'ecommerce-'))
  const settings = settingsOfTests()
  const system = ecommerce(settings)
  const options = await onFreePorts(system)
  const start = () => runSystem(system, { ...options, ground: embeddedGround(folder, { fresh: false }) })
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
