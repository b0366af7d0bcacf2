import type { Restartable } from '../../../../../scripts/servers/restartable.ts'

/** A server that a test has for itself: killed, restarted, and looked into. */
export interface Server {
  /** As people call it. */
  readonly name: string
  readonly url: string
  /** Ends it, by SIGKILL or as an administrator does, and starts it again with its data. */
  restart(hard: boolean): Promise<void>
  /** Ends it for good. */
  stop(): Promise<void>
}

export function serverOf(name: string, url: string, { kill, shutDown, start, stop }: Restartable): Server {
  return {
    name,
    url,
    stop,
    restart: async hard => {
      await (hard ? kill() : shutDown())
      await start()
    },
  }
}

/** How safe it is from a loss of power. */
export interface Durability {
  /** Whether a commit waits for the disk; what was committed before a kill is there in any case. */
  readonly fsync: boolean
}

export interface DatabaseServer extends Server {
  /** What the tables of makegood begin with. */
  readonly prefix: string
  /** Begins to ask a database of this name. */
  open(database: string): Promise<Session>
}

export interface Session {
  ask<Row extends object>(query: string, values?: readonly unknown[]): Promise<Row[]>
  end(): Promise<void>
}

export interface Broker extends Server {
  /** Hears everything that is published, until the connection is lost or the signal says that it is enough. */
  overhear(hear: (message: Overheard) => void, enough: AbortSignal): Promise<void>
  /** How many messages of each queue are not acknowledged, not long ago. */
  unread(): Promise<ReadonlyMap<string, number>>
  /** How many messages there are for this queue, now. */
  messagesIn(queue: string): Promise<number>
}

export interface Overheard {
  /** Routing key or topic. */
  readonly address: string
  readonly body: string
  /** Says it once more, as it was. */
  repeat(): void | Promise<void>
}
