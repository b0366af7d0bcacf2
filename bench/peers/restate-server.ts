import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { keeperOf } from '../../scripts/servers/keeper.ts'

export interface RestateServer {
  readonly ingressUrl: string
  /** Makes the services of the endpoint on this port known to the server. */
  register(port: number): Promise<void>
  stop(): Promise<void>
}

/** A Restate server with its default settings (its log is synced to disk), on free ports of 127.0.0.1. */
export async function startRestate(folder: string): Promise<RestateServer> {
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()]
  const keeper = keeperOf(join(folder, 'restate'))
  const server = spawn(binary(), ['--base-dir', join(folder, 'restate')], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}/`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_LOG_FILTER: 'warn',
      RESTATE_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: '1',
    },
  })
  const log = createWriteStream(join(folder, 'restate.log'))
  server.stdout.pipe(log)
  server.stderr.pipe(log)
  keeper.watch(server.pid!)
  await untilItAnswers(`http://127.0.0.1:${admin}/health`)
  await untilItAnswers(`http://127.0.0.1:${ingress}/restate/health`)
  return {
    ingressUrl: `http://127.0.0.1:${ingress}`,
    register: async port => {
      const response = await fetch(`http://127.0.0.1:${admin}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
      })
      if (!response.ok)
        throw new Error(`Restate did not take the endpoint: ${response.status} ${await response.text()}`)
    },
    stop: () => keeper.release(),
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

function binary(): string {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('@restatedev/restate-server/package.json'))
  const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`
  return join(dirname(resolve(`${platform}/package.json`)), 'bin', 'restate-server')
}

async function untilItAnswers(url: string): Promise<void> {
  for (const giveUpAt = Date.now() + 60_000; ; await pause(50)) {
    const answered = await fetch(url).then(
      response => response.ok,
      () => false,
    )
    if (answered) return
    if (Date.now() > giveUpAt) throw new Error(`Restate did not answer on ${url} within a minute`)
  }
}
