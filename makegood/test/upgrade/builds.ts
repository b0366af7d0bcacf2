import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** What is said of a release is its number: it is a release of the shop, on a makegood of its own. */
export type ReleaseNumber = 1 | 2

/**
 * Two builds of makegood side by side, as they are published, and the shop's two releases on them. The second build is
 * the first one, and brings a migration more: what is built here is the older one that meets the tables of its successor.
 */
export async function buildReleases(): Promise<Builds> {
  const folder = await mkdtemp(join(tmpdir(), 'makegood-releases-'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const release of [1, 2]) {
    const makegood = join(folder, `release-${release}`, 'node_modules', 'makegood')
    await cp(join(root, 'deploy/dist/makegood'), makegood, { recursive: true })
    for (const part of ['process.ts', 'release-1.ts', 'release-2.ts']) {
      await cp(join(root, 'makegood/test/upgrade', part), join(folder, `release-${release}`, part))
    }
  }
  const migrations = join(folder, 'release-2/node_modules/makegood/migrations')
  await writeFile(join(migrations, 'postgres/9000-more.sql'), moreForPostgres)
  await writeFile(join(migrations, 'mysql/9000-more.sql'), moreForMysql)
  const { version } = JSON.parse(await readFile(join(root, 'makegood/package.json'), 'utf8'))
  return {
    version,
    migrate: async (release, databaseUrl) => {
      const bin = join(folder, `release-${release}/node_modules/makegood/bin/makegood.mjs`)
      const { stdout } = await run(process.execPath, [bin, 'migrate', '--database-url', databaseUrl])
      return stdout
    },
    start: (release, service, environment) => {
      const program = join(folder, `release-${release}/process.ts`)
      return ShopProcess.started(
        spawn(process.execPath, ['--import', 'tsx', program, String(release), service], {
          cwd: root,
          env: { ...process.env, ...environment },
          stdio: ['pipe', 'pipe', 'pipe'],
        }),
      )
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export interface Builds {
  readonly version: string
  /** The command `makegood migrate` of that release. */
  migrate(release: ReleaseNumber, databaseUrl: string): Promise<string>
  /** Resolves when the process serves. @throws what it says instead */
  start(
    release: ReleaseNumber,
    service: 'sales' | 'warehouse',
    environment: { readonly [name: string]: string },
  ): Promise<ShopProcess>
  remove(): Promise<void>
}

export class ShopProcess {
  readonly #child: ChildProcess
  readonly #gone: Promise<void>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#gone = new Promise(resolve => child.once('exit', () => resolve()))
  }

  static async started(child: ChildProcess): Promise<ShopProcess> {
    const process = new ShopProcess(child)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      const hear = (words: Buffer) => {
        said += words
        if (/^ready$/m.test(said)) resolve()
      }
      child.stdout!.on('data', hear)
      child.stderr!.on('data', hear)
      child.once('error', reject)
      child.once('close', () => reject(new Error(said.trim())))
    })
    return process
  }

  /** As a deployment does. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#gone
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }
}

/** What the releases after this one may do to our tables: add. */
const moreForPostgres = `-- 9000: a column that may be empty, one that has a default, a table and an index.
alter table makegood.saga add column remark text;
alter table makegood.inbox add column bytes integer not null default 0;
alter table makegood.outbox add column bytes integer not null default 0;
alter table makegood.saga_event add column remark text;
create table makegood.remark (service text not null, id text not null, primary key (service, id));
create index inbox_bytes on makegood.inbox (service, bytes) where bytes > 0;
`
/** Each can be said again, for MySQL commits each by itself; in words that MariaDB alone reads. */
const moreForMysql = `-- 9000: a column that may be empty, one that has a default, a table and an index.
alter table makegood_saga add column /*M! if not exists */ remark text;
alter table makegood_inbox add column /*M! if not exists */ bytes int not null default 0;
alter table makegood_outbox add column /*M! if not exists */ bytes int not null default 0;
alter table makegood_saga_event add column /*M! if not exists */ remark text;
create table if not exists makegood_remark (service varchar(64) not null, id varchar(100) not null, primary key (service, id));
create index /*M! if not exists */ inbox_bytes on makegood_inbox (service, bytes);
`
