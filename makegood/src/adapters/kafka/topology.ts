import { MakegoodError } from '../../model/errors.ts'
import { systemClock } from '../../ports/clock.ts'
import { abandon, adminOf } from './clients.ts'
import type { ResolvedOptions } from './options.ts'
import type { Topics } from './topics.ts'
import { apiErrorsIn } from './trouble.ts'

/** How long brokers may take to know of a topic that was made. */
const knownMs = 10_000

/**
 * Makes every topic that is not there yet: all of them, whoever connects, so that the second reader of an event has
 * its topic before the first event (protocol, rule 21). Those that are there stay as they are.
 *
 * @throws MakegoodError `TOPOLOGY_MISMATCH`
 */
export async function declare({ all }: Topics, options: ResolvedOptions): Promise<void> {
  const admin = adminOf(options)
  try {
    const missing = async () => {
      const known = new Set(await admin.listTopics())
      return all.filter(topic => !known.has(topic))
    }
    const toMake = await missing()
    if (toMake.length === 0) return
    if (!options.createTopics) throw absent(toMake, options, 'createTopics is false')
    await create(toMake)
    const giveUpAt = systemClock.now() + knownMs
    while ((await missing()).length > 0 && systemClock.now() < giveUpAt) await systemClock.sleep(50)
  } finally {
    await abandon(admin)
  }

  async function create(topics: readonly string[]): Promise<void> {
    try {
      await admin.createTopics({
        topics: [...topics],
        partitions: options.partitions,
        ...(options.replicationFactor === undefined ? {} : { replicas: options.replicationFactor }),
        configs: Object.entries(options.topicConfig).map(([name, value]) => ({ name, value })),
      })
    } catch (error) {
      const found = apiErrorsIn(error)
      // Others make the same at the same time.
      const refused = found.filter(({ id }) => id !== 'TOPIC_ALREADY_EXISTS')
      if (found.length > 0 && refused.length === 0) return
      if (refused.length === 0) throw error
      throw absent(topics, options, refused[0]!.says, error)
    }
  }
}

function absent(topics: readonly string[], options: ResolvedOptions, why: string, cause?: unknown): MakegoodError {
  const replicas = options.replicationFactor ?? 'as many as usual'
  return new MakegoodError(
    'TOPOLOGY_MISMATCH',
    `Topics are missing and could not be made (${why}): ${topics.join(', ')}. Make them with ${options.partitions} partitions and ${replicas} replicas, or let us; trying again meanwhile`,
    cause === undefined ? {} : { cause },
  )
}
