import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { embeddedGround } from './embedded-ground.ts'
import { quiet } from './quiet.ts'
import { assemble, type Part } from './running-service.ts'
import type { SystemService } from './system.ts'

/** Shows services as they are wired. None is started: no database is opened, no folder made, no port taken. */
export async function unstarted<Result>(
  specs: readonly SystemService[],
  look: (parts: readonly Part[]) => Promise<Result> | Result,
): Promise<Result> {
  const surroundings = {
    ground: embeddedGround(join(tmpdir(), 'never-made'), { fresh: false }),
    registry: new Registry(),
    log: quiet,
    operations: undefined,
    urlOf: () => 'http://localhost',
    together: true,
  }
  const parts = await Promise.all(specs.map(spec => assemble(spec, surroundings)))
  try {
    return await look(parts)
  } finally {
    await Promise.all(parts.flatMap(({ app, database }) => [app.close(), database.close()]))
  }
}
