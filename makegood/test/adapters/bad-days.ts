import { expect, test } from 'vitest'
import type { Restartable } from '../../../scripts/servers/restartable.ts'
import type { Link, LinkEvent } from '../../src/ports/transport.ts'
import { message, publishInTheEnd, takeSome, under, until } from './load.ts'
import type { Way } from './network.ts'

/** A link that takes what is sent to `orders.place`, and all that it has reported. */
export interface Reached {
  readonly link: Link
  readonly events: readonly LinkEvent[]
}

/**
 * What any link comes through whose way to its broker is cut, or falls silent. The one that is reached waits for an
 * answer for about a second, and `silent` is what it reports then.
 */
export function badNetwork(reach: () => Promise<Reached & { readonly way: Way }>, silent: RegExp): void {
  test('comes back when the network was cut, and nothing that was confirmed is lost', async () => {
    const { link, events, way } = await reach()
    const load = under(link)
    for (let cut = 0; cut < 5; cut += 1) {
      const before = load.taken.size
      await until(() => load.taken.size > before + 100)
      way.cut()
    }
    await load.finish()
    expect(events.some(({ level, message }) => level === 'warn' && /was lost/.test(message))).toBe(true)
  }, 120_000)

  test('leaves open what a silent broker does not answer, says so, and comes back', async () => {
    const { link, events, way } = await reach()
    way.freeze()
    const answers = Promise.all([link.publish([message('orders.place')]), link.waiting()])
    expect(await answers).toEqual([{ confirmed: [], undeliverable: [] }, undefined])
    await until(() => events.some(({ message }) => silent.test(message)))
    way.thaw()
    await until(() => link.state.state === 'connected')
    const sent = message('orders.place')
    await publishInTheEnd(link, [sent])
    await until(async () => (await takeSome(link, 1)).some(({ envelope }) => envelope.id === sent.id))
  }, 120_000)
}

/** What any link comes through whose broker is ended, one way or the other, and started again. */
export function badBroker(reach: () => Promise<Reached & { readonly broker: Restartable }>): void {
  test.each(['kill', 'shutDown'] as const)(
    'after a %s under load: nothing that was confirmed is lost',
    async how => {
      const { link, events, broker } = await reach()
      const load = under(link)
      await until(() => load.taken.size > 500)
      await broker[how]()
      await until(() => link.state.state === 'connecting')
      expect(await link.waiting()).toBeUndefined()
      await broker.start()
      await until(() => link.state.state === 'connected')
      await load.finish()
      expect(events.some(({ level }) => level === 'warn')).toBe(true)
      expect(events.at(-1)!.message).toMatch(/is connected to/)
      expect(events.length).toBeLessThan(20)
    },
    120_000,
  )
}
