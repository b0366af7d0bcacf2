import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/** From the ground up: each imports what stands before it, and itself. */
const layers = ['model', 'definition', 'ports', 'engine', 'adapters', 'operations', 'cli', 'testing']

/** The entry: what users import as `makegood`. It collects, and nothing imports it. */
const entry = 'makegood/src/makegood.ts'

/** Everything from outside that makegood may import, and the folders that may. Node's own modules need no mention. */
const packages: { readonly [name: string]: readonly string[] } = {
  uuidv7: ['engine', 'adapters', 'operations', 'testing'],
  commander: ['cli'],
  'cli-table3': ['cli'],
  picocolors: ['cli'],
  'string-width': ['cli'],
  vitest: ['testing'],
  '@electric-sql/pglite': ['adapters/pglite'],
  mysql2: ['adapters/mysql'],
  pg: ['adapters/postgres'],
  'pg-types': ['adapters/postgres', 'adapters/pglite'],
  amqplib: ['adapters/rabbitmq'],
  '@platformatic/kafka': ['adapters/kafka'],
  fastify: ['adapters/fastify', 'operations'],
  '@fastify/swagger': ['adapters/fastify'],
  '@fastify/swagger-ui': ['adapters/fastify'],
  'prom-client': ['adapters/telemetry', 'adapters/fastify'],
  '@opentelemetry/api': ['adapters/telemetry'],
  typebox: ['adapters/typebox', 'operations'],
  jose: ['operations'],
}

/** Both speak PostgreSQL's SQL: no other adapter stands on another. */
const adaptersOnAdapters = ['pglite > postgres', 'postgres-transport > postgres']

test('every import points from a layer to one below it, and drivers stay in their adapters', () => {
  expect(violationsIn(sources())).toEqual([])
})

test('no file imports itself by any way round, types included', () => {
  expect(cyclesIn(sources())).toEqual([])
})

describe('the scan finds what is planted', () => {
  test.each([
    ['makegood/src/model/saga.ts', `import { decide } from '../engine/decide.ts'`, 'model may not import engine'],
    ['makegood/src/model/saga.ts', `import type { Store } from '../ports/store.ts'`, 'model may not import ports'],
    [
      'makegood/src/ports/store.ts',
      `export type { A } from '../adapters/pglite/a.ts'`,
      'ports may not import adapters',
    ],
    ['makegood/src/engine/a.ts', `const a = await import('../adapters/pglite/a.ts')`, 'engine may not import adapters'],
    ['makegood/src/engine/a.ts', `let a: import('../cli/a.ts').A`, 'engine may not import cli'],
    ['makegood/src/engine/a.ts', `import '../testing/a.ts'`, 'engine may not import testing'],
    ['makegood/src/engine/a.ts', `import {\n  a, // one\n  b,\n} from '../cli/a.ts'`, 'engine may not import cli'],
    ['makegood/src/engine/a.ts', `import { a } from '../makegood.ts'`, 'nothing may import the entry'],
    [
      'makegood/src/engine/a.ts',
      `import { a } from '../../../systems/a.ts'`,
      'makegood imports nothing outside its sources',
    ],
    ['makegood/src/engine/a.ts', `import pg from 'pg'`, 'engine/a.ts may not import the package pg'],
    ['makegood/src/engine/a.ts', `import type { Pool } from 'pg'`, 'engine/a.ts may not import the package pg'],
    ['makegood/src/adapters/pglite/a.ts', `import { connect } from 'amqplib/x'`, 'may not import the package amqplib'],
    ['makegood/src/engine/a.ts', `import _ from 'lodash'`, 'may not import the package lodash'],
    [
      'makegood/src/adapters/postgres/a.ts',
      `export * from '../pglite/a.ts'`,
      'adapter postgres may not import adapter pglite',
    ],
    [
      'makegood/src/adapters/embedded/a.ts',
      `import { a } from '../rabbitmq/a.ts'`,
      'embedded may not import adapter rabbitmq',
    ],
    ['systems/a/a.ts', `import { a } from '../../makegood/src/makegood.ts'`, 'systems import only published subpaths'],
    ['systems/a/a.ts', `import { a } from 'makegood/src/engine/decide.ts'`, 'systems import only published subpaths'],
    ['systems/a/a.ts', `import { a } from 'makegood/engine'`, 'systems import only published subpaths'],
  ])('%s: %s', (file, source, says) => {
    expect(violationsIn(new Map([[file, source]]))).toEqual([expect.stringContaining(says)])
  })

  test.each([
    [
      'makegood/src/engine/a.ts',
      `import { a } from '../model/a.ts'; import type { B } from './b.ts'; import 'node:fs'`,
    ],
    ['makegood/src/engine/a.ts', `// import pg from 'pg'\n/* import pg from 'pg' */ const a = "// 'x'"`],
    ['makegood/src/adapters/pglite/a.ts', `import { a } from '../postgres/a.ts'`],
    ['makegood/src/adapters/postgres/a.ts', `import pg from 'pg'; import { a } from '../publication.ts'`],
    ['makegood/src/makegood.ts', `export { service } from './engine/service.ts'`],
    [
      'systems/a/a.ts',
      `import { a } from 'makegood'; import { b } from 'makegood/rabbitmq'; import fastify from 'fastify'`,
    ],
  ])('and nothing in %s: %s', (file, source) => {
    expect(violationsIn(new Map([[file, source]]))).toEqual([])
  })

  test('a cycle of three, one of whose imports is a type', () => {
    const files = new Map([
      ['makegood/src/engine/a.ts', `import { b } from './b.ts'`],
      ['makegood/src/engine/b.ts', `import type { C } from '../ports/c.ts'`],
      ['makegood/src/ports/c.ts', `export { a } from '../engine/a.ts'`],
      ['makegood/src/ports/d.ts', `import { a } from '../engine/a.ts'`],
    ])
    expect(cyclesIn(files)).toEqual([
      'makegood/src/engine/a.ts > makegood/src/engine/b.ts > makegood/src/ports/c.ts > makegood/src/engine/a.ts',
    ])
  })

  test('a file that imports itself', () => {
    expect(cyclesIn(new Map([['systems/a.ts', `import { a } from './a.ts'`]]))).toEqual(['systems/a.ts > systems/a.ts'])
  })
})

type Sources = ReadonlyMap<string, string>

function sources(): Sources {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const files = ['makegood/src', 'systems'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts') && !file.includes('node_modules/'))
      .map(file => join(folder, file)),
  )
  expect(files.length).toBeGreaterThan(50)
  return new Map(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
}

function violationsIn(files: Sources): readonly string[] {
  const violations: string[] = []
  for (const [file, source] of files) {
    for (const imported of importsOf(source)) {
      const says = file.startsWith('systems/') ? violationOfSystem(file, imported) : violationOfMakegood(file, imported)
      if (says) violations.push(`${file} imports ${imported}: ${says}`)
    }
  }
  return violations
}

function violationOfMakegood(file: string, imported: string): string | undefined {
  if (imported.startsWith('node:')) return undefined
  if (!imported.startsWith('.')) return violationOfPackage(file, imported)
  const target = resolve(file, imported)
  if (!target.startsWith('makegood/src/')) return 'makegood imports nothing outside its sources'
  if (target === entry) return 'nothing may import the entry'
  if (file === entry) return undefined
  const [from, to] = [layerOf(file), layerOf(target)]
  if (layers.indexOf(to) > layers.indexOf(from)) return `${from} may not import ${to}`
  return from === 'adapters' && to === 'adapters' ? violationOfAdapter(file, target) : undefined
}

function violationOfAdapter(file: string, target: string): string | undefined {
  const [from, to] = [adapterOf(file), adapterOf(target)]
  if (from === to || to === undefined || adaptersOnAdapters.includes(`${from} > ${to}`)) return undefined
  return `adapter ${from} may not import adapter ${to}`
}

function violationOfPackage(file: string, imported: string): string | undefined {
  const name = packageOf(imported)
  const within = file.slice('makegood/src/'.length)
  const allowed = Object.hasOwn(packages, name) && packages[name]!.some(folder => within.startsWith(`${folder}/`))
  return allowed ? undefined : `${within} may not import the package ${name}`
}

function violationOfSystem(file: string, imported: string): string | undefined {
  const isOurs = packageOf(imported) === 'makegood' && !published().has(imported)
  const leaves = imported.startsWith('.') && resolve(file, imported).startsWith('makegood/')
  return isOurs || leaves ? 'systems import only published subpaths of makegood' : undefined
}

function published(): ReadonlySet<string> {
  const text = readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8')
  const { exports } = JSON.parse(text) as { readonly exports: object }
  return new Set(Object.keys(exports).map(path => join('makegood', path)))
}

/** One way round for each file that is on any. */
function cyclesIn(files: Sources): readonly string[] {
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' > '))
    if (done.has(file) || path.includes(file)) return
    for (const imported of importsOf(files.get(file)!)) {
      const target = imported.startsWith('.') ? resolve(file, imported) : undefined
      if (target && files.has(target)) visit(target, [...path, file])
    }
    done.add(file)
  }
  for (const file of files.keys()) visit(file, [])
  return cycles
}

/** What a source imports, in any of the ways there are, whether it is kept at run time or not. */
function importsOf(source: string): readonly string[] {
  const code = source.replace(stringsAndComments, found => (/^\/[/*]/.test(found) ? ' ' : found))
  return imports.flatMap(pattern => [...code.matchAll(pattern)].map(match => match[1]!))
}

const stringsAndComments = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

const imports = [
  /\b(?:import|export)\b[^'"`;()=]*?\bfrom\s*['"]([^'"\n]+)['"]/g,
  /\bimport\s*['"]([^'"\n]+)['"]/g,
  /\bimport\s*\(\s*['"]([^'"\n]+)['"]/g,
]

function resolve(file: string, imported: string): string {
  return normalize(join(dirname(file), imported))
}

function layerOf(file: string): string {
  return file.split('/')[2]!
}

/** Undefined for what all adapters share. */
function adapterOf(file: string): string | undefined {
  const [, , , name, ...rest] = file.split('/')
  return rest.length > 0 ? name : undefined
}

function packageOf(imported: string): string {
  const [first, second] = imported.split('/')
  return imported.startsWith('@') ? `${first}/${second}` : first!
}
