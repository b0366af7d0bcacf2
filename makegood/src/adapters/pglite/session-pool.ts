import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { PgClient } from '../../definition/transaction.ts'
import { MakegoodError } from '../../model/errors.ts'
import type { PgPool, PooledClient } from '../postgres/client.ts'
import { type FolderLock, isAlive, lockFolder } from './folder-lock.ts'
import { PgliteSession } from './session.ts'
import { fillFolder } from './template.ts'

/** A pool of the one session that PGlite has: who comes while it is taken waits in line. Opened when first asked for. */
export class SessionPool implements PgPool {
  readonly #dataDir: string | undefined
  readonly #templateDir: string | undefined
  readonly #waitMsMax: number
  #database: Promise<Database> | undefined
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  constructor(dataDir: string | undefined, templateDir: string | undefined, waitMsMax: number) {
    this.#dataDir = dataDir
    this.#templateDir = templateDir
    this.#waitMsMax = waitMsMax
  }

  async connect(): Promise<PooledClient> {
    await this.#turn()
    try {
      this.#database ??= openDatabase(this.#dataDir, this.#templateDir)
      return this.#lend((await this.#database).session)
    } catch (error) {
      this.#database = undefined
      this.#next()
      throw error
    }
  }

  /** Waits for who has the session. It is opened again if somebody asks again. */
  async close(): Promise<void> {
    if (!this.#database) return
    await this.#turn()
    try {
      const database = await this.#database
      this.#database = undefined
      await database?.close()
    } finally {
      this.#next()
    }
  }

  #lend(session: PgliteSession): PooledClient {
    let isReleased = false
    const query = session.query.bind(session) as unknown as PgClient['query']
    const release = () => {
      if (!isReleased) this.#next()
      isReleased = true
    }
    return Object.assign({ query, release }, { pipeline: session.pipeline })
  }

  #turn(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true
      // Everything here is done at once, in memory: without a breath between two transactions, a busy service would
      // never come to its sockets and timers.
      return new Promise(resolve => setImmediate(resolve))
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        clearTimeout(timer)
        setImmediate(resolve)
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(
          new MakegoodError(
            'STORE_UNAVAILABLE',
            `PGlite's only session was not free for ${this.#waitMsMax} ms. Whoever is in a transaction must not ask for another.`,
          ),
        )
      }, this.#waitMsMax)
      timer.unref()
      this.#waiting.push(enter)
    })
  }

  #next(): void {
    const enter = this.#waiting.shift()
    if (enter) enter()
    else this.#isTaken = false
  }
}

interface Database {
  readonly session: PgliteSession
  close(): Promise<void>
}

async function openDatabase(dataDir: string | undefined, templateDir: string | undefined): Promise<Database> {
  const folder = dataDir === undefined ? passingFolder() : lockedFolder(dataDir)
  try {
    const { PGlite, protocol } = await import('@electric-sql/pglite')
    await fillFolder(folder.path, PGlite, templateDir)
    const pglite: PGlite = await PGlite.create(folder.path, { postgresqlconf: smallServer })
    return {
      session: new PgliteSession(pglite, protocol),
      close: async () => {
        await pglite.close()
        folder.leave()
      },
    }
  } catch (error) {
    folder.leave()
    throw error
  }
}

interface Folder {
  readonly path: string
  leave(): void
}

function lockedFolder(dataDir: string): Folder {
  const path = resolve(dataDir)
  const lock: FolderLock = lockFolder(path)
  const leave = () => {
    process.removeListener('exit', leave)
    lock.release()
  }
  process.on('exit', leave)
  return { path, leave }
}

/** PGlite does not wait for the disk: in a folder that goes with the process it is as fast as in memory, and needs less of it. */
function passingFolder(): Folder {
  sweepPassingFolders()
  const parent = mkdtempSync(join(tmpdir(), `${passing}${process.pid}-`))
  const leave = () => {
    process.removeListener('exit', leave)
    rmSync(parent, { recursive: true, force: true })
  }
  process.on('exit', leave)
  return { path: join(parent, 'data'), leave }
}

const passing = 'makegood-pglite-'

/** Those of processes that were killed. */
function sweepPassingFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(passing) ? Number.parseInt(name.slice(passing.length), 10) : Number.NaN
    if (pid > 0 && !isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

/** With the usual 128 MB of buffers each, five databases take a gigabyte; with these, a third of one. */
const smallServer = ['shared_buffers = 8MB', 'max_wal_size = 64MB', 'min_wal_size = 4MB', 'max_connections = 5']
