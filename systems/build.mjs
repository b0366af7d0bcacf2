// `npm run build:systems`: all that a process of a service runs, in `dist`, for Node as it is. Nothing is checked here:
// that is the tests' part.
import { cpSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { builtOnce, filesIn } from '../scripts/built.mjs'
import { root } from '../scripts/root.mjs'

await builtOnce({
  what: 'the systems',
  dist: 'systems/dist',
  sources: [
    'tsconfig.base.json',
    'systems',
    'makegood/migrations',
    'makegood/package.json',
    'makegood/src',
    'console/server',
  ],
  build: async outdir => {
    await bundle(outdir)
    for (const path of ['makegood', 'systems'].flatMap(filesIn).filter(isReadAtRunTime))
      cpSync(join(root, path), join(outdir, placeOf(path)))
  },
})

/**
 * Our sources and the packages that they need, in few files: a process that loads a thousand modules is a second of CPU
 * later. What only some processes need has files of its own.
 */
async function bundle(outdir) {
  await build({
    absWorkingDir: root,
    entryPoints: ['systems/main.ts'],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    keepNames: true,
    // They read files of their own.
    external: [
      '@electric-sql/pglite',
      '@platformatic/wasm-utils',
      '@fastify/swagger',
      '@fastify/swagger-ui',
      'pg-native',
    ],
    // Packages that are CommonJS ask for it. The name is one that none of them imports it by.
    banner: {
      js: "import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);",
    },
    plugins: [{ name: 'places', setup: keepPlaces }],
    logLevel: 'warning',
  })
}

/** What our sources read lies beside them: they are told of the place under `dist` that would be theirs. */
function keepPlaces({ onLoad }) {
  onLoad({ filter: /\/(systems|makegood|console)\/[^:]*\.ts$/ }, ({ path }) => {
    const url = `new URL(${JSON.stringify(placeOf(relative(root, path)))}, import.meta.url).href`
    return { loader: 'ts', contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', url) }
  })
}

function placeOf(path) {
  // Only there in a checkout, with pages that are built where they are.
  if (path.startsWith('console/')) return `../../${path}`
  return `./${path.replace(/^systems\//, '')}`
}

function isReadAtRunTime(path) {
  if (/\/(strangers|docs)\//.test(path)) return false
  return ['.sql', '.css', '.html', '.js', '.yml'].includes(extname(path)) || path === 'makegood/package.json'
}
