import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { MakegoodError } from '../../model/errors.ts'

/**
 * Keeps a data folder for this process, by a file beside it: PGlite itself takes no lock, and two processes in one
 * folder destroy it without noticing. The lock of a process that died is taken over.
 * @throws MakegoodError `STORE_IN_USE`, naming the folder and the process.
 */
export function lockFolder(folder: string): FolderLock {
  const path = `${folder}.lock`
  mkdirSync(dirname(path), { recursive: true })
  const mine = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid), id: randomUUID() })
  for (let trial = 0; trial < 10; trial++) {
    if (make(path, mine)) return { release: () => remove(path, mine) }
    const found = read(path)
    if (found === undefined) continue
    const owner = ownerOf(found)
    if (owner !== undefined) throw inUse(folder, owner)
    takeAway(path, found)
  }
  throw inUse(folder, 'another process')
}

export interface FolderLock {
  release(): void
}

function make(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The process that holds it, undefined if it is gone. */
function ownerOf(content: string): number | undefined {
  const { pid, startedAt } = parsed(content)
  if (pid === undefined || !isAlive(pid)) return undefined
  // The number may be that of another process by now: in a container it usually is, after every restart.
  return startedAt === startOf(pid) ? pid : undefined
}

/** A file that a dying process left half written says nothing. */
function parsed(content: string): { readonly pid?: number; readonly startedAt?: string } {
  try {
    return JSON.parse(content)
  } catch {
    return {}
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** Dead, and not buried yet. */
function isZombie(pid: number): boolean {
  return statOf(pid)?.[0] === 'Z'
}

/** When a process began, where the system tells: with its number it names a process for good. */
function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19]
}

/** From the third field on: the second, the name, may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
  } catch {
    return undefined
  }
}

/** By a rename, which only one can do, and looked at again: it may be that of a process which was faster. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, path)
  unlinkSync(aside)
}

function remove(path: string, mine: string): void {
  if (read(path) === mine) unlinkSync(path)
}

function inUse(folder: string, owner: number | string): MakegoodError {
  return new MakegoodError(
    'STORE_IN_USE',
    `The data folder ${folder} is used by process ${owner}: stop that process, or choose another folder.`,
  )
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
