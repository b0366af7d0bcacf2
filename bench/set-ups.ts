import type { SetUp } from './set-up.ts'

const services = { whose: 'makegood', module: './makegood/services.ts', databases: 'each', broker: 'rabbitmq' } as const

/** Everything that is compared, in the order of the tables. */
export const setUps: readonly SetUp[] = [
  {
    name: 'embedded',
    whose: 'makegood',
    topology: 'one process, PGlite on disk',
    module: './makegood/one-process.ts',
    databases: 'none',
    broker: 'none',
  },
  {
    name: 'one process',
    whose: 'makegood',
    topology: 'one process, one PostgreSQL database',
    module: './makegood/one-process.ts',
    databases: 'one',
    broker: 'none',
  },
  { ...services, name: 'services', topology: '4 processes, a database each, RabbitMQ' },
  { ...services, name: 'packed', topology: 'as services, messages of a batch packed', packed: true },
  { ...services, name: 'quorum', topology: 'as services, on quorum queues', queueType: 'quorum' },
  {
    ...services,
    name: 'queues',
    topology: '4 processes, a database each, queues in that of the orders',
    broker: 'none',
  },
  { ...services, name: 'kafka', topology: '4 processes, a database each, Kafka', broker: 'kafka' },
  { ...services, name: 'mysql', topology: '4 processes, a MariaDB database each, RabbitMQ', dialect: 'mysql' },
  {
    name: 'dbos',
    whose: 'peer',
    topology: 'one process, one PostgreSQL database',
    module: './peers/dbos.ts',
    databases: 'one',
    broker: 'none',
  },
  {
    name: 'graphile-worker',
    whose: 'peer',
    topology: 'one process, one PostgreSQL database',
    module: './peers/graphile-worker.ts',
    databases: 'one',
    broker: 'none',
  },
  {
    name: 'restate',
    whose: 'peer',
    topology: 'client, one service, Restate server, a database each',
    module: './peers/restate.ts',
    databases: 'each',
    broker: 'none',
  },
  {
    name: 'restate services',
    whose: 'peer',
    topology: 'client, orchestrator and 3 services, Restate server, a database each',
    module: './peers/restate-services.ts',
    databases: 'each',
    broker: 'none',
  },
  {
    name: 'naive',
    whose: 'peer',
    topology: '4 processes, a database each, RabbitMQ, no inbox and no outbox',
    module: './peers/naive.ts',
    databases: 'each',
    broker: 'rabbitmq',
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
