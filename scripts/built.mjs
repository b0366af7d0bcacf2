// What is built from sources of this repository, once for each state of them.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './root.mjs'

const sourcesOfAll = ['package-lock.json', 'scripts/built.mjs', 'scripts/root.mjs']

/**
 * Has `build` fill a folder, which then takes the place of `dist`, unless no source has changed since. What is said goes
 * to stderr: stdout may be a document.
 */
export async function builtOnce({ what, dist, sources, build }) {
  const stamp = join(root, dist, 'sources.sha256')
  const wanted = hashOf([...sourcesOfAll, ...sources].flatMap(filesIn))
  const isBuilt = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  if (isBuilt()) return
  console.error(`Building ${what}…`)
  // Beside the old one, which may be in use at this moment, and by nobody else's hand.
  const folder = join(root, `${dist}.${process.pid}`)
  try {
    await build(folder)
    writeFileSync(join(folder, 'sources.sha256'), wanted)
    rmSync(join(root, dist), { recursive: true, force: true })
    renameSync(folder, join(root, dist))
  } catch (error) {
    // Another process may have built the same in the meantime.
    if (!isBuilt()) throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The files of a folder of sources, or the one, from the root; without tests and what is built, installed or stored. */
export function filesIn(path) {
  const file = join(root, path)
  if (!existsSync(file)) return []
  if (!statSync(file).isDirectory()) return [path]
  return readdirSync(file, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter(path => !/\/(test|dist(\.\d+)?|node_modules|\.data)\//.test(path))
    .sort()
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths)
    hash
      .update(`${path}\n`)
      .update(readFileSync(join(root, path)))
      .update('\n')
  return hash.digest('hex')
}
