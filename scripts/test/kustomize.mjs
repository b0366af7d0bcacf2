import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { root } from '../root.mjs'
import { run, say } from './stage.mjs'

const suite = 'trixie'
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'makegood')
const home = join(cache, `kustomize-${suite}`)
const program = join(home, 'usr/bin/kustomize')

/**
 * Sees to it that the files of Kubernetes can be rendered, and names what does it in MAKEGOOD_KUSTOMIZE if that is not on
 * the path. Not every Debian has Kustomize: its package, which needs no other, is unpacked into a folder of its own.
 * Where it cannot be had, tests say so and are left out.
 */
export async function provideKustomize() {
  const known = [
    [process.env.MAKEGOOD_KUSTOMIZE ?? 'kustomize', 'build'],
    ['kubectl', 'kustomize'],
  ]
  if (known.some(canRender)) return
  if (!existsSync(program)) await unpack()
  if (canRender([program, 'build'])) process.env.MAKEGOOD_KUSTOMIZE = program
  else say('no Kustomize and no kubectl that has one: the files of Kubernetes are not rendered')
}

/** An old one does not know the kinds that there are now. */
function canRender([command, verb]) {
  return spawnSync(command, [verb, join(root, 'deploy/kubernetes/parts/system')]).status === 0
}

async function unpack() {
  if (spawnSync('apt-get', ['--version']).status !== 0) return
  say(`unpacking Kustomize from Debian ${suite} into ${home} (23 MB, once)`)
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(`${home}.`)
  try {
    for (const part of ['lists/partial', 'archives/partial', 'root']) mkdirSync(join(folder, part), { recursive: true })
    writeFileSync(join(folder, 'sources.list'), `deb http://deb.debian.org/debian ${suite} main\n`)
    await run('apt-get', [...optionsFor(folder), 'update'])
    await run('sh', ['-c', 'cd "$0" && exec apt-get "$@"', folder, ...optionsFor(folder), 'download', 'kustomize'])
    const found = readdirSync(folder).find(name => name.endsWith('.deb'))
    if (found === undefined) return
    await run('dpkg-deb', ['--extract', join(folder, found), join(folder, 'root')])
    // Whole or not at all: others may look at the same time.
    if (!existsSync(home)) renameSync(join(folder, 'root'), home)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** With lists of its own: what the machine knows of packages stays as it is. */
function optionsFor(folder) {
  const settings = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': folder,
    'Dir::Cache': folder,
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  }
  return ['-qq', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
}
