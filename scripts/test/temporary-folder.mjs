import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const memory = '/dev/shm'
const prefix = 'makegood-run-'
const neededBytes = 4 * 1024 ** 3

/**
 * Has everything that follows keep its temporary files in memory, if there is room and nobody has said otherwise: tests
 * make and remove a million small files, which on a disk takes a quarter of all their CPU.
 */
export function keepTemporaryFilesInMemory() {
  if (process.env.TMPDIR !== undefined || !existsSync(memory)) return
  sweep()
  const { bavail, bsize } = statfsSync(memory)
  if (bavail * bsize < neededBytes) return
  const folder = join(memory, `${prefix}${process.pid}`)
  mkdirSync(folder)
  // As a folder for all users is: servers are started as users of their own.
  chmodSync(folder, 0o1777)
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.env.TMPDIR = folder
}

/** What runs that were killed have left, which would stay until the machine is started anew. */
function sweep() {
  for (const name of readdirSync(memory).filter(name => name.startsWith(prefix))) {
    const isOver = !existsSync(join('/proc', name.slice(prefix.length)))
    if (isOver) rmSync(join(memory, name), { recursive: true, force: true })
  }
}
