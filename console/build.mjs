// `npm run build:console`: the pages of the console, as files in `dist`. Nothing is done if no source has changed since:
// `npm start` runs this each time. What it says goes to stderr: stdout may be a document.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'console/dist')
const stamp = join(dist, 'sources.sha256')
const sources = [
  'console/web',
  'console/vite.config.ts',
  'console/server/contract.ts',
  'makegood/src/operations/contract.ts',
  'makegood/src/operations/findings.ts',
  'docs/runbooks',
  'package-lock.json',
]

const wanted = hashOf(sources.flatMap(filesIn))
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) await build()

async function build() {
  console.error('Building the console…')
  const vite = await import('vite')
  // Beside the old one, which may be served at this moment, and by nobody else's hand.
  const outDir = join(root, `console/dist.${process.pid}`)
  try {
    await vite.build({
      configFile: join(root, 'console/vite.config.ts'),
      logLevel: 'warn',
      build: { outDir, emptyOutDir: true },
    })
    for (const file of readdirSync(join(outDir, 'assets')).filter(name => /\.(js|css|svg)$/.test(name))) {
      const path = join(outDir, 'assets', file)
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
    }
    writeFileSync(join(outDir, 'sources.sha256'), wanted)
    rmSync(dist, { recursive: true, force: true })
    renameSync(outDir, dist)
  } finally {
    rmSync(outDir, { recursive: true, force: true })
  }
}

function filesIn(path) {
  const file = join(root, path)
  if (!existsSync(file)) return []
  if (!statSync(file).isDirectory()) return [file]
  return readdirSync(file, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(`${relative(root, file)}\n`)
      .update(readFileSync(file))
      .update('\n')
  return hash.digest('hex')
}
