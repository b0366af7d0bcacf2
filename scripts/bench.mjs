// npm run bench: installs what is missing, also the systems that makegood is compared with, and runs bench/run.ts;
// npm run bench -- operations, npm run bench -- sizing: bench/<name>/run.ts, which compare with nobody.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { root } from './root.mjs'
import { installPackages } from './test/packages.mjs'
import { provideServers } from './test/servers.mjs'

const peers = `${root}bench/peers`

const [first, ...others] = process.argv.slice(2)
const alone = ['operations', 'sizing'].includes(first)
await installPackages()
if (first !== 'sizing') await provideServers()
if (!alone && !isInstalled(peers)) installPeers()
const { status, signal } = spawnSync(
  process.execPath,
  [
    ...['--import', 'tsx', '--conditions=source'],
    ...(alone ? [`bench/${first}/run.ts`, ...others] : ['bench/run.ts', ...process.argv.slice(2)]),
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exit(signal ? 1 : (status ?? 1))

function installPeers() {
  console.log('Installing what makegood is compared with (250 MB) …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: peers, stdio: 'inherit' })
  if (status === 0) return
  console.error(`npm ci in ${peers} failed; its own message stands above.`)
  process.exit(1)
}

/** What is installed is what the lockfile says. */
function isInstalled(folder) {
  const installed = `${folder}/node_modules/.package-lock.json`
  if (!existsSync(installed)) return false
  const wanted = packagesIn(`${folder}/package-lock.json`)
  const present = packagesIn(installed)
  return Object.entries(wanted).every(
    ([path, { version, optional, peer, link }]) =>
      path === '' ||
      optional ||
      peer ||
      link ||
      !path.startsWith('node_modules/') ||
      present[path]?.version === version,
  )
}

function packagesIn(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}
