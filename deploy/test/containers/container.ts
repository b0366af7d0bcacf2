import { execFile, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Keeper } from '../../../scripts/servers/keeper.ts'
import { heardOf, type Started, type Variables } from '../../../systems/runner/test/started.ts'
import type { ComposeService } from '../compose-file.ts'
import type { Network } from './network.ts'

/** What an image makes of a service of the file. */
export interface Program {
  readonly command: Command
  /** All that it knows: what the image sets, and what the file sets. */
  readonly environment: Variables
  /** Where it runs. */
  readonly folder: string
  /** What it says when it serves, if it says so. */
  readonly says?: string
  /** Whether it asks the name server that an engine gives to its containers. @defaultValue false */
  readonly asksForNames?: boolean
  /** Instead of the file's, where that is a program of the image alone. */
  readonly healthcheck?: ComposeService['healthcheck']
}

type Command = readonly [string, ...string[]]

/** A place in the network, and the process that runs there. */
export class Container {
  readonly #name: string
  /** Its volume. */
  readonly folder: string
  readonly #network: Network
  readonly #keeper: Keeper
  #running: Started | undefined

  constructor(name: string, folder: string, network: Network, keeper: Keeper) {
    this.#name = name
    this.folder = folder
    this.#network = network
    this.#keeper = keeper
  }

  /** As confined as the file says. Resolves when it is healthy; rejects with what it said if it ends before. */
  async start(program: Program, { isReadOnly, confinement, healthcheck }: ComposeService): Promise<void> {
    const { says, asksForNames = false } = program
    if (asksForNames) this.#spawn([process.execPath, nameServer], program)
    const confined = [...(isReadOnly ? readOnly : []), ...confinement.flatMap(howToConfine)]
    const running = this.#spawn([...confined, ...program.command] as unknown as Command, program)
    if (says !== undefined) await running.says(says)
    await this.#untilHealthy(program.healthcheck ?? healthcheck, program)
    this.#running = running
  }

  /** As an engine does: by SIGTERM. Rejects if it does not end with 0. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.stop()
  }

  async #untilHealthy([how, ...words]: ComposeService['healthcheck'], program: Program): Promise<void> {
    if (how === undefined) return
    const command = [...(how === 'CMD-SHELL' ? ['/bin/sh', '-c'] : []), ...words] as unknown as Command
    const giveUpAt = Date.now() + healthyMsMax
    for (;;) {
      const trouble = await this.#troubleOf(command, program)
      if (trouble === undefined) return
      if (Date.now() > giveUpAt) throw new Error(`${this.#name} is not healthy: ${trouble}`)
      await pause(500)
    }
  }

  #spawn(command: Command, program: Program): Started {
    const [first, ...args] = this.#inside(command, program)
    const child = spawn(first, args, { detached: true, env: program.environment, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#keeper.watch(child.pid!)
    return heardOf(child, command)
  }

  /** Runs to its end; resolves with what it said if that was not well. */
  #troubleOf(command: Command, program: Program): Promise<string | undefined> {
    const [first, ...args] = this.#inside(command, program)
    const options = { env: { ...program.environment } }
    return new Promise(resolve =>
      execFile(first, args, options, (error, out, err) => resolve(error ? error.message + out + err : undefined)),
    )
  }

  #inside(command: Command, { folder }: Program): Command {
    return [...this.#network.inside(this.#name), 'env', `--chdir=${folder}`, ...command]
  }
}

const nameServer = fileURLToPath(new URL('name-server.mjs', import.meta.url))

/** What is mounted is so for this process alone. */
const readOnly: Command = [
  ...(['bash', '-ec'] as const),
  'for at in / /tmp "$PWD"; do mount --bind "$at" "$at"; mount -o remount,bind,ro "$at"; done; cd "$PWD"; exec "$@"',
  'read-only',
]

function howToConfine(how: string): readonly string[] {
  switch (how) {
    case 'DROP ALL':
      return ['setpriv', '--bounding-set=-all', '--inh-caps=-all']
    case 'no-new-privileges:true':
      return ['setpriv', '--no-new-privs']
    default:
      throw new Error(`${how}: nothing here confines so.`)
  }
}

/** A limit for what hangs. */
const healthyMsMax = 180_000
