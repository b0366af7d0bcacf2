// `npm start` and `npm run console`: installs what running needs, if it is not there, and runs a system, or the console by
// itself. Plain JavaScript without dependencies, because it runs before there are any.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { root } from './root.mjs'

const stamp = `${root}node_modules/.makegood-installed`

const [first, ...others] = process.argv.slice(2)
const args = first === 'console' ? others : process.argv.slice(2)

checkNode()
installOnce()
// Whoever runs a system for themselves gets the console with it; servers are shown by one of its own.
if (!args.some(arg => ['--servers', '--demo', '--asyncapi', '--help', '-h'].includes(arg))) buildConsole()
if (first === 'console') {
  run('--import', 'tsx', '--conditions=source', `${root}console/main.ts`, ...args)
} else {
  buildSystems()
  run(`${root}systems/dist/main.js`, ...args)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(
    `makegood needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org.`,
  )
  process.exit(1)
}

/** Whatever has been installed for this lockfile, the development tools or less, is enough to run. */
function installOnce() {
  const wanted = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  if (!isInstalled()) {
    console.error('Installing what running needs (once)…')
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const args = [
      'ci',
      '--omit=dev',
      '--workspace=makegood',
      '--workspace=systems',
      '--workspace=console',
      '--include-workspace-root',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]
    // What npm says goes where we say it: stdout may be a document.
    const stdio = ['ignore', process.stderr, 'inherit']
    const { status, error } = spawnSync(npm, args, { cwd: root, stdio, shell: process.platform === 'win32' })
    if (status !== 0) {
      console.error(
        `The installation failed${error ? ` (${error.message})` : ''}. Is the npm registry reachable? Try again with npm start.`,
      )
      process.exit(1)
    }
  }
  writeFileSync(stamp, wanted)
}

/** npm notes what it has installed: the same versions as in the lockfile will do. */
function isInstalled() {
  const installed = `${root}node_modules/.package-lock.json`
  if (!existsSync(installed)) return false
  const want = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')).packages
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages
  return Object.entries(want).every(([path, { version, dev, optional, devOptional }]) => {
    if (!path.includes('node_modules/') || dev || optional || devOptional) return true
    return have[path] === undefined ? !neededToRun(path) : have[path].version === version
  })
}

/** Other workspaces have dependencies of their own, which running a system does not need. */
function neededToRun(path) {
  return !path.startsWith('bench/')
}

/** Only once for each change of its sources. Without it everything else runs all the same. */
function buildConsole() {
  const { status } = spawnSync(process.execPath, [`${root}console/build.mjs`], { stdio: ['ignore', 2, 2] })
  if (status !== 0) console.error('The console could not be built: it will say so at its address.')
}

/** Only once for each change of a source. */
function buildSystems() {
  const { status } = spawnSync(process.execPath, [`${root}systems/build.mjs`], { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(1)
}

function run(...node) {
  const child = spawn(process.execPath, node, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: process.env })
  // Ctrl-C reaches the child too, which stops in good order; this process only waits for it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  // npm puts a shell between itself and us, which takes a SIGTERM to its grave: without it we are to stop too.
  if (process.env.npm_lifecycle_event !== undefined) {
    const { ppid } = process
    setInterval(() => process.ppid === ppid || child.kill('SIGTERM'), 250).unref()
  }
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
}
