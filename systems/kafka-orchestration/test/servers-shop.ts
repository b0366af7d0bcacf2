import mysql from 'mysql2/promise'
import pg from 'pg'
import { type KafkaServer, startOwnKafka } from '../../../scripts/servers/kafka.ts'
import { databaseIn } from '../../runner/servers.ts'
import type { RunningServices } from '../../runner/test/http-shop.ts'
import { ServiceProcesses } from '../../runner/test/service-processes.ts'
import type { Variables } from '../../runner/test/started.ts'
import { kafkaOrchestration } from '../system.ts'
import { documentedWire, services } from '../wire.ts'
import { type KafkaStranger, kafkaStranger } from './kafka-stranger.ts'
import type { RunningShop } from './shop.ts'

/** A process for each service, as in production, on a Kafka of their own; the servers are named as is documented. */
export async function serversShop({ postgresUrl, mysqlUrl }: Urls, first = Object.values<string>(services)) {
  const kafka = await startOwnKafka()
  try {
    return await shopOn(kafka, { postgresUrl, mysqlUrl }, first)
  } catch (error) {
    await kafka.stop()
    throw error
  }
}

export interface Urls {
  readonly postgresUrl: string
  readonly mysqlUrl: string
}

/** The documented variables of a service whose database is at this URL. */
export function springVariables({ protocol, host, username, password, pathname }: URL, brokers: string): Variables {
  return {
    SPRING_DATASOURCE_URL: `jdbc:${protocol.replace('postgres:', 'postgresql:')}//${host}${pathname}`,
    SPRING_DATASOURCE_USERNAME: decodeURIComponent(username),
    SPRING_DATASOURCE_PASSWORD: decodeURIComponent(password),
    SPRING_KAFKA_BOOTSTRAP_SERVERS: brokers,
    // What a killed process had in hand goes to the next one so soon; the broker allows no less.
    SPRING_KAFKA_PROPERTIES_SESSION_TIMEOUT_MS: '6000',
  }
}

async function shopOn(kafka: KafkaServer, urls: Urls, first: readonly string[]): Promise<ServersShop> {
  const databases = Object.fromEntries(
    Object.values(services).map(service => [
      service,
      `kafka_${service.replace('-', '_')}_${process.pid}_${kafka.port}`,
    ]),
  )
  const urlOf = (service: string) => new URL(service === services.order ? urls.mysqlUrl : urls.postgresUrl)
  const variablesOf = (service: string) =>
    springVariables(new URL(`/${databases[service]}`, urlOf(service)), kafka.brokers.join(','))
  const system = kafkaOrchestration({ requestsPerMinuteMax: 1 })
  const processes = await ServiceProcesses.of(system, variablesOf)
  const others = await ServiceProcesses.of(system, variablesOf)
  await processes.startEach(first)
  const stranger = await kafkaStranger(kafka.brokers, documentedWire.topology)
  return {
    ...stranger,
    kafka,
    urlOf: service => processes.urlOf(service),
    start: service => processes.start(service),
    end: service => processes.end(service, 'SIGKILL'),
    startAnother: service => others.start(service),
    endOther: (service, signal) => others.end(service, signal),
    execute: async (service, statement) => {
      const address = { ...databaseIn(urlOf(service)), database: databases[service]! }
      if (service === services.order) {
        const connection = await mysql.createConnection({ ...address, port: Number(urlOf(service).port) })
        await connection.query(statement).finally(() => connection.end())
      } else {
        const client = new pg.Client(address)
        await client.connect()
        await client.query(statement).finally(() => client.end())
      }
    },
    stop: async () => {
      await Promise.all([processes.stop(), others.stop()])
      await stranger.close()
      await kafka.stop()
    },
  }
}

/** All four in one process, on a Kafka of their own and in one database: the documented variable names one for all. */
export async function togetherShop(postgresUrl: string): Promise<RunningServices> {
  const kafka = await startOwnKafka()
  try {
    const database = new URL(`/kafka_together_${process.pid}_${kafka.port}`, postgresUrl)
    const system = kafkaOrchestration({ requestsPerMinuteMax: 1 })
    const processes = await ServiceProcesses.of(system, () => springVariables(database, kafka.brokers.join(',')))
    await processes.startTogether()
    return {
      urlOf: service => processes.urlOf(service),
      stop: async () => {
        await processes.stop()
        await kafka.stop()
      },
    }
  } catch (error) {
    await kafka.stop()
    throw error
  }
}

export interface ServersShop extends RunningShop, KafkaStranger {
  readonly kafka: KafkaServer
  /** A second process of a service: the two share its topics' partitions. */
  startAnother(service: string): Promise<void>
  endOther(service: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}
