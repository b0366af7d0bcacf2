import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const bin = join(root, 'node_modules/.bin')
const manifest = JSON.parse(readFileSync(join(root, 'makegood/package.json'), 'utf8')) as {
  readonly version: string
  readonly exports: Named
  readonly dependencies: Named
  readonly peerDependencies: Named
  /** vitest is in it alone: with a range among the peers npm would install it for everybody. */
  readonly peerDependenciesMeta: Named
}
type Named = { readonly [name: string]: unknown }
const subpaths = Object.keys(manifest.exports).map(subpath => subpath.replace('.', 'makegood'))

let folder: string
/** A project of somebody else's, with makegood as it is published, and packages of this tree. */
let project: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'makegood-packed-'))
  project = join(folder, 'project')
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, 'makegood'), { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  for (const name of readdirSync(join(root, 'node_modules')).filter(name => !/^makegood|^tsx$/.test(name)))
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  execFileSync('tar', ['-xzf', packed(), '-C', join(modules, 'makegood'), '--strip-components=1'])
})
afterAll(() => rmSync(folder, { recursive: true }))

test('every subpath can be imported, and has what its source has', async () => {
  const listed = `
    const exports = {}
    for (const subpath of process.argv.slice(1)) exports[subpath] = Object.keys(await import(subpath)).sort()
    console.log(JSON.stringify(exports))`
  const inProject = { cwd: project, encoding: 'utf8' } as const
  const published = execFileSync(process.execPath, ['--input-type=module', '-e', listed, ...subpaths], inProject)
  for (const [subpath, names] of Object.entries(JSON.parse(published)))
    expect(names, subpath).toEqual(Object.keys(await import(subpath)).sort())
})

test('every package that it imports is one that it names', () => {
  const dist = join(project, 'node_modules/makegood/dist')
  const imported = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.js'))
    .flatMap(path => [
      ...readFileSync(join(dist, path), 'utf8').matchAll(/(?:from|import\() ?'((?:@[^/']+\/)?[^/'.][^/']*)/g),
    ])
    .map(([, name]) => name!)
    .filter(name => !name.startsWith('node:'))
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest
  const named = Object.keys({ ...dependencies, ...peerDependencies, ...peerDependenciesMeta })
  expect([...new Set(imported)].filter(name => !named.includes(name))).toEqual([])
})

test('its types say what is wrong, wherever they come from', () => {
  const imports = subpaths.map((subpath, at) => `import * as part${at} from '${subpath}'; void part${at}`)
  writeFileSync(
    join(project, 'program.ts'),
    `${imports.join('\n')}
    import { command, nothing } from 'makegood'
    import { postgres } from 'makegood/postgres'
    command('payment.process', { payload: nothing, failures: {} })
    command(1, { payload: nothing, failures: {} })
    postgres({ pool: 'none' })`,
  )
  const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--skipLibCheck', '--noEmit']
  const { stdout } = spawnSync(join(bin, 'tsc'), [...options, '--pretty', 'false', 'program.ts'], {
    cwd: project,
    encoding: 'utf8',
  })
  expect(stdout.split('\n').filter(line => line.startsWith('program.ts'))).toEqual([
    expect.stringMatching(/\(\d+,13\): error TS2345: Argument of type .1. is not assignable/),
    expect.stringMatching(/error TS2322: Type 'string' is not assignable to type/),
  ])
})

test('its command runs, without the tools of this repository', () => {
  const command = join(project, 'node_modules/makegood/bin/makegood.mjs')
  expect(execFileSync(process.execPath, [command, '--version'], { encoding: 'utf8' })).toBe(`${manifest.version}\n`)
})

test('has its licence, its migrations, and a row for each subpath in its README', () => {
  const read = (path: string) => readFileSync(join(project, 'node_modules/makegood', path), 'utf8')
  expect(read('LICENSE')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'))
  expect(read('migrations/postgres/0001-tables.sql')).not.toBe('')
  for (const subpath of subpaths) expect(read('README.md')).toContain(`\n| \`${subpath}\` |`)
})

/** What `npm pack` makes of a copy, so that nothing built is left in this tree. */
function packed(): string {
  for (const path of ['tsconfig.base.json', 'makegood'])
    cpSync(join(root, path), join(folder, path), {
      recursive: true,
      filter: path => !/\/(test|dist|node_modules)$/.test(path),
    })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--loglevel=error'], {
      cwd: join(folder, 'makegood'),
      env: { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) },
      encoding: 'utf8',
    }),
  )
  return join(folder, 'makegood', filename)
}
