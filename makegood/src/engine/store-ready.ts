import { MakegoodError, textOf } from '../model/errors.ts'
import type { Engine } from './engine.ts'
import { checkVersions } from './start-checks.ts'

/**
 * Brings the database up to date, and sees that no saga in it would be stranded. One that is away is waited for; one that
 * refuses us is not.
 * @throws MakegoodError `STORE_REFUSED`, `SCHEMA_NEWER`, `VERSION_STRANDED`
 */
export async function untilStoreIsReady(
  engine: Engine,
  { migrate, isStopping }: { readonly migrate: boolean; readonly isStopping: () => boolean },
): Promise<void> {
  const { store, log, clock, service } = engine
  for (let tries = 0; ; tries += 1) {
    try {
      await (migrate ? store.migrate() : store.ping())
      // It may go away between two questions as well.
      return await checkVersions(engine)
    } catch (error) {
      const isAway =
        (error instanceof MakegoodError && error.code === 'STORE_UNAVAILABLE') ||
        store.classify(error) === 'unavailable'
      if (!isAway || isStopping()) throw error
      if (tries === 0)
        log.warn({ service, error: textOf(error) }, `${service} waits for its database: ${textOf(error)}`)
      await clock.sleep(Math.min(100 * 2 ** tries, 2_000))
    }
  }
}
