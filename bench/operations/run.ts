import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { freePorts } from '../../scripts/servers/ports.ts'
import { startChild } from '../child.ts'
import { clientIn } from '../client-process.ts'
import { startPostgresql } from '../databases.ts'
import { machineTime, meterOf } from '../measure/processes.ts'
import { optionsOrEnd } from '../options.ts'
import { askedLine, speedLine, writeOperations } from '../report/operations.ts'
import type { Environment } from '../set-up.ts'
import { type Asked, ask } from './asking.ts'
import { type OperationsOptions, readOperationsOptions, usage } from './options.ts'
import { questionsAbout } from './questions.ts'
import { keepRealSagas } from './real-sagas.ts'
import { rows } from './rows.ts'
import { measureSpeed } from './speed.ts'

// npm run bench -- operations: a store with many sagas, and what operators ask of it over HTTP.
const options = optionsOrEnd(readOperationsOptions, usage)
const server = await startPostgresql()
try {
  const url = await server.make('operations')
  const filledInSeconds = await fill(url, options)
  const shop = await startShop(url)
  try {
    const meter = meterOf([process.pid])
    const reading = () => ({ at: performance.now(), busy: machineTime().busy, own: meter.cpuSeconds() })
    const before = reading()
    const asked: Asked[] = []
    for (const question of questionsAbout(options.finished)) {
      const answered = await ask(shop.base, question, options.times, meter)
      asked.push(answered)
      console.log(askedLine(answered))
    }
    const after = reading()
    const foreign = after.busy - before.busy - (after.own - before.own)
    const foreignCores = Math.max(0, foreign / ((after.at - before.at) / 1_000))
    const speeds = options.rounds === 0 ? [] : await measureSpeed(shop.client, shop.base, options)
    for (const speed of speeds) console.log(speedLine(speed))
    const run = { ...options, filledInSeconds, foreignCores, asked, speeds }
    if (options.write) console.log(await writeOperations(run, [server.version]))
  } finally {
    await shop.stop()
  }
} finally {
  await server.stop()
}

/** Resolves with how long it took, in seconds. */
async function fill(url: string, { finished, running }: OperationsOptions): Promise<number> {
  const before = performance.now()
  await keepRealSagas(url)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const statement of rows({ finished, running, deadLetters: 2_000, parked: 3_000 })) await client.query(statement)
  await client.end()
  const seconds = Math.round((performance.now() - before) / 1_000)
  console.log(`${finished} finished and ${running} running sagas in ${seconds} s.`)
  return seconds
}

async function startShop(url: string) {
  const [port] = (await freePorts(1)) as [number]
  const folder = await mkdtemp(join(tmpdir(), 'makegood-bench-'))
  const environment: Environment = {
    setUp: {
      name: 'operations',
      whose: 'makegood',
      topology: 'one process, one PostgreSQL database',
      module: './operations/shop.ts',
      databases: 'one',
      broker: 'none',
    },
    databases: { orders: url, stock: url, payment: url, shipping: url },
    brokerAddress: undefined,
    folder,
    operationsPort: port,
  }
  const child = await startChild(fileURLToPath(new URL('../client.ts', import.meta.url)), environment)
  return {
    base: `http://127.0.0.1:${port}`,
    client: clientIn(child.process),
    stop: async () => {
      await child.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
