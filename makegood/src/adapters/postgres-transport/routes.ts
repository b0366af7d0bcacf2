import { MakegoodError } from '../../model/errors.ts'
import { deadLetterQueuesOf, type Envelope, type Topology } from '../../ports/wire.ts'
import { array } from '../postgres/array.ts'
import { topicPattern } from '../topic-pattern.ts'
import type { Ask } from './database.ts'
import * as queries from './queries.ts'

/** Which queues a message goes to: a copy of the bindings that are in the database, of one version. */
export class Routes {
  readonly version: string
  readonly #queues: ReadonlySet<string>
  readonly #reads: readonly (readonly [queue: string, reads: (address: string) => boolean])[]

  constructor(version: string, queues: readonly string[], bindings: readonly Binding[]) {
    this.version = version
    this.#queues = new Set(queues)
    this.#reads = [...new Set(bindings.map(([queue]) => queue))].map(queue => [
      queue,
      topicPattern(bindings.filter(binding => binding[0] === queue).map(([, pattern]) => pattern)),
    ])
  }

  queuesOf({ address, direct }: Envelope): readonly string[] {
    if (direct) return this.#queues.has(address) ? [address] : []
    return this.#reads.filter(([, reads]) => reads(address)).map(([queue]) => queue)
  }
}

/**
 * Adds everything of the topology that is not there yet: all of it, whoever connects, so that the second reader of an
 * event exists before the first event (protocol, rule 21).
 */
export async function declare(ask: Ask, { exchange, queues }: Topology): Promise<void> {
  const declared = queues.flatMap(queue => [
    { name: queue.name, inOrder: queue.inOrder ?? false },
    ...deadLetterQueuesOf(queue).map(name => ({ name, inOrder: false })),
  ])
  const bindings = queues.flatMap(({ name, bindings }) => bindings.map(pattern => ({ name, pattern })))
  await ask(
    queries.declareQueues,
    array(declared.map(({ name }) => name)),
    array(declared.map(({ inOrder }) => inOrder)),
  )
  await ask(
    queries.bind,
    exchange,
    array(bindings.map(({ name }) => name)),
    array(bindings.map(({ pattern }) => pattern)),
  )
}

/** @throws MakegoodError `TOPOLOGY_MISMATCH` */
export async function routesOf(ask: Ask, { exchange, queues }: Topology): Promise<Routes> {
  const [row] = await ask(queries.topology, exchange)
  const present = new Map(JSON.parse(row!['queues']!) as readonly (readonly [name: string, inOrder: boolean])[])
  for (const { name, inOrder = false } of queues) {
    if (present.get(name) !== inOrder) throw mismatch(name, inOrder)
  }
  return new Routes(row!['version']!, [...present.keys()], JSON.parse(row!['bindings']!))
}

type Binding = readonly [queue: string, pattern: string]

function mismatch(name: string, inOrder: boolean): MakegoodError {
  return new MakegoodError(
    'TOPOLOGY_MISMATCH',
    `The queue ${name} is ${inOrder ? 'not ' : ''}read in order, and this wire says that it is${inOrder ? '' : ' not'}: stop the services that read it, and set in_order in makegood_queues.queue; trying again meanwhile`,
  )
}
