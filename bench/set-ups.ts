import type { SetUp } from './set-up.ts'

const services = { whose: 'makegood', module: './makegood/services.ts', databases: 'each', broker: true } as const

/** Everything that is compared, in the order of the tables. */
export const setUps: readonly SetUp[] = [
  {
    name: 'embedded',
    whose: 'makegood',
    topology: 'one process, PGlite on disk',
    module: './makegood/one-process.ts',
    databases: 'none',
    broker: false,
  },
  {
    name: 'one process',
    whose: 'makegood',
    topology: 'one process, one PostgreSQL database',
    module: './makegood/one-process.ts',
    databases: 'one',
    broker: false,
  },
  { ...services, name: 'services', topology: '4 processes, a database each, RabbitMQ' },
  { ...services, name: 'packed', topology: 'as services, messages of a batch packed', packed: true },
  { ...services, name: 'quorum', topology: 'as services, on quorum queues', queueType: 'quorum' },
  {
    ...services,
    name: 'queues',
    topology: '4 processes, a database each, queues in that of the orders',
    broker: false,
  },
  {
    name: 'dbos',
    whose: 'peer',
    topology: 'one process, one PostgreSQL database',
    module: './peers/dbos.ts',
    databases: 'one',
    broker: false,
  },
  {
    name: 'graphile-worker',
    whose: 'peer',
    topology: 'one process, one PostgreSQL database',
    module: './peers/graphile-worker.ts',
    databases: 'one',
    broker: false,
  },
  {
    name: 'restate',
    whose: 'peer',
    topology: 'client, one service, Restate server, a database each',
    module: './peers/restate.ts',
    databases: 'each',
    broker: false,
  },
  {
    name: 'restate services',
    whose: 'peer',
    topology: 'client, orchestrator and 3 services, Restate server, a database each',
    module: './peers/restate-services.ts',
    databases: 'each',
    broker: false,
  },
  {
    name: 'naive',
    whose: 'peer',
    topology: '4 processes, a database each, RabbitMQ, no inbox and no outbox',
    module: './peers/naive.ts',
    databases: 'each',
    broker: true,
  },
  {
    ...services,
    name: 'one replica',
    topology: 'as services, 5 products only',
    skus: 5,
    inFlight: [64],
  },
  {
    ...services,
    name: 'three replicas',
    topology: 'as services, 5 products only, 3 processes for stock',
    skus: 5,
    replicas: 3,
    inFlight: [64],
  },
]
