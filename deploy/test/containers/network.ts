import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Keeper } from '../../../scripts/servers/keeper.ts'

/**
 * A network as an engine makes one for the containers of a compose file: each has an address and ports of its own, and
 * knows the others by their names. It is made of namespaces that nobody else sees, and goes with the last process in it.
 */
export class Network {
  readonly #pid: number
  readonly #addresses: ReadonlyMap<string, string>
  readonly #gate: ChildProcess
  /** Where this machine shows what containers publish: 127.0.0.1 to whoever else asks may be somebody else's. */
  readonly machine = loopbackAddress()

  private constructor(pid: number, addresses: ReadonlyMap<string, string>, gate: ChildProcess) {
    this.#pid = pid
    this.#addresses = addresses
    this.#gate = gate
  }

  /** Why there can be none on this machine; undefined if there can. */
  static obstacle(): string | undefined {
    const { status } = spawnSync('unshare', [...own, 'bash', '-ec', probe])
    return status === 0 ? undefined : 'only root on a Linux with iproute2 can make networks'
  }

  static async of(places: readonly Place[], folder: string, keeper: Keeper): Promise<Network> {
    const addresses = new Map(places.map(({ name }, at) => [name, `172.30.0.${at + 2}`]))
    const hosts = join(folder, 'hosts')
    const lines = [
      '127.0.0.1 localhost',
      `127.0.0.1 ${hostname()}`,
      ...places.map(({ name, service }) => `${addresses.get(name)} ${service} ${name}`),
    ]
    await writeFile(hosts, `${lines.join('\n')}\n`)
    const wanted = [...addresses].map(([name, address]) => `${name} ${address}`)
    const ground = spawn('unshare', [...own, 'bash', '-ec', make, 'network', hosts, ...wanted], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    keeper.watch(ground.pid!)
    let said = ''
    ground.stderr.on('data', chunk => {
      said += chunk
    })
    const ended = once(ground, 'exit').then(() => Promise.reject(new Error(`No network could be made: ${said}`)))
    await Promise.race([once(ground.stdout, 'data'), ended])
    ended.catch(() => {})
    const gate = spawn('nsenter', ['--target', String(ground.pid), '--net', process.execPath, gateProgram], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    return new Network(ground.pid!, addresses, gate)
  }

  /** The words in front of a command that is to run in the place of this name. */
  inside(name: string): readonly [string, ...string[]] {
    return ['nsenter', '--target', String(this.#pid), '--mount', '--ipc', 'ip', 'netns', 'exec', name]
  }

  /** Lets this machine reach a port of a place by one of its own. */
  async publish(port: number, name: string, target: number): Promise<void> {
    const door = createServer()
    door.listen({ host: this.machine, port })
    await once(door, 'listening')
    await new Promise<void>((resolve, reject) =>
      this.#gate.send({ host: this.#addressOf(name), port: target }, door, error =>
        error ? reject(error) : resolve(),
      ),
    )
    door.close()
  }

  /** Nobody comes in any more. */
  async close(): Promise<void> {
    if (this.#gate.exitCode !== null) return
    const gone = once(this.#gate, 'exit')
    this.#gate.disconnect()
    await gone
  }

  #addressOf(name: string): string {
    const address = this.#addresses.get(name)
    if (address === undefined) throw new Error(`${name} has no place in the network.`)
    return address
  }
}

/** Where a container is. */
export interface Place {
  /** That no other place has. */
  readonly name: string
  /** Which all containers of a service are called by. */
  readonly service: string
}

const gateProgram = fileURLToPath(new URL('gate.mjs', import.meta.url))

const own = ['--net', '--mount', '--ipc']

const probe = 'ip link add one type veth peer name other; ip link add bridge type bridge'

/** A namespace for each place, and a bridge between them. `ip` keeps their names in /run, which is another one here. */
const make = `
mount --bind "$1" /etc/hosts
shift
mount -t tmpfs places /run
ip link set lo up
ip link add containers type bridge
ip addr add 172.30.0.1/24 dev containers
ip link set containers up
for place; do
  read -r name address <<<"$place"
  ip netns add "$name"
  ip link add "to-\${address##*.}" type veth peer name eth0 netns "$name"
  ip link set "to-\${address##*.}" master containers up
  ip -n "$name" -batch - <<<"addr add $address/24 dev eth0
link set eth0 up
link set lo up"
done
echo made
exec sleep infinity
`

/** One of 127.0.0.0/8 that hardly anybody else has. */
function loopbackAddress(): string {
  const [one, other] = crypto.getRandomValues(new Uint8Array(2))
  return `127.77.${one}.${Math.max(other!, 1)}`
}
