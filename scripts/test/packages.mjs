import { statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../root.mjs'
import { giveUp, run, say } from './stage.mjs'

/** `npm ci`, if node_modules is not there or older than the lock file. */
export async function installPackages() {
  const installed = changedAt('node_modules/.package-lock.json')
  if (installed >= changedAt('package-lock.json')) return
  say('installing packages: npm ci')
  if ((await run('npm', ['ci', '--no-audit', '--no-fund'])) !== 0) giveUp('npm ci failed; see above.')
}

function changedAt(file) {
  return statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
}
