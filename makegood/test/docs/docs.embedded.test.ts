import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { resolveLimits } from '../../src/engine/limits.ts'
import { errors } from '../../src/model/errors.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'makegood/README.md',
  'systems/README.md',
  'systems/ecommerce/README.md',
  'systems/credit-choreography/README.md',
  'systems/kafka-orchestration/README.md',
  'systems/outbox-choreography/README.md',
  'systems/topic-orchestration/README.md',
  'bench/README.md',
  'deploy/README.md',
  'deploy/observability/README.md',
  ...filesUnder(join(root, 'docs')).filter(path => path.endsWith('.md')),
].map(path => documentAt(path))

describe.each(documents)('$path', document => {
  test('its links lead somewhere', () => {
    expect(linksIn(document).flatMap(link => deadEnd(document, link))).toEqual([])
  })

  test('its file names are those of the tree', () => {
    expect(fileNamesIn(document).filter(name => !isInTree(document, name))).toEqual([])
  })

  test('its npm commands exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
    const named = [...document.text.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)].map(
      ([, run, word]) => run ?? word,
    )
    expect(named.filter(name => !Object.hasOwn(scripts, name!))).toEqual([])
  })
})

test('every block of TypeScript is a whole program and compiles', { timeout: 120_000 }, () => {
  const blocks = documents.flatMap(document => blocksIn(document, 'ts'))
  expect(blocks.filter(code => fileNameOf(code) === undefined)).toEqual([])
  const folder = scratch()
  for (const document of documents) writeBlocks(document, join(folder, document.path.replaceAll(/[/.]/g, '_')))
  expect(errorsOf(folder)).toEqual([])
})

test('the tests of getting-started.md pass', { timeout: 120_000 }, async () => {
  const folder = scratch()
  writeBlocks(documentAt('docs/getting-started.md'), folder)
  expect(await outputOf(join(folder, 'checkout.test.ts'))).toMatch(/^\S pass 2\n\S fail 0$/m)
})

test('the program of the README prints what the README says', { timeout: 120_000 }, async () => {
  const readme = documentAt('README.md')
  const [program] = blocksIn(readme, 'ts')
  const [printed] = blocksIn(readme, 'text')
  const file = join(scratch(), 'order.ts')
  writeFileSync(file, program!)
  expect(await outputOf(file)).toBe(printed)
})

test('errors.md has the codes and sentences of the code, and no others', () => {
  const { text } = documentAt('docs/errors.md')
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (yes|no) \| (.+?) \|/gm)]
  expect(
    Object.fromEntries(rows.map(([, code, retryable, says]) => [code, { retryable: retryable === 'yes', says }])),
  ).toEqual(errors)
})

test('limits.md has every limit of a service, its default and its range', () => {
  const { text } = documentAt('docs/limits.md')
  const [section = ''] = /## Of a service\n[\s\S]*?\n## /.exec(text) ?? []
  const number = '([\\d ]+?)(?: \\([^|]*\\))?'
  const rows = [
    ...section.matchAll(new RegExp(`^\\| \`(\\w+)\` \\| ${number} \\| ${number} \\| ${number} \\|`, 'gm')),
  ].map(([, name = '', ...numbers]) => ({ name, numbers: numbers.map(each => Number(each.replaceAll(' ', ''))) }))
  expect(Object.fromEntries(rows.map(({ name, numbers }) => [name, numbers[0]]))).toEqual(resolveLimits())
  for (const { name, numbers } of rows) {
    const [, from = 0, to = 0] = numbers
    for (const inside of [from, to]) expect(resolveLimits({ [name]: inside })).toMatchObject({ [name]: inside })
    for (const outside of [from - 1, to + 1]) expect(() => resolveLimits({ [name]: outside })).toThrow(name)
  }
})

test('every decision has a number of its own and its five parts', () => {
  const pages = documents.filter(({ path }) => path.startsWith('docs/decisions/'))
  const numbers = pages.map(({ path }) => path.slice('docs/decisions/'.length, 'docs/decisions/0000'.length))
  expect(new Set(numbers).size).toBe(pages.length)
  const parts = ['Decision', 'Because', 'Instead of', 'It costs', 'Checked by']
  expect(
    pages.filter(({ text }) => parts.some(part => !text.includes(`## ${part}\n`))).map(({ path }) => path),
  ).toEqual([])
})

// ── Links and names ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Document {
  readonly path: string
  /** Without its blocks of code. */
  readonly prose: string
  readonly text: string
}

function documentAt(path: string): Document {
  const text = readFileSync(join(root, path), 'utf8')
  return { path, text, prose: text.replaceAll(/^```[\s\S]*?^```/gm, '') }
}

interface LinkText {
  readonly text: string
  readonly target: string
}

function linksIn({ prose }: Document): readonly LinkText[] {
  return [...prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, text = '', target = '']) => ({
    text: text.replaceAll(/\s+/g, ' '),
    target,
  }))
}

/** A link is `[text](file#heading)`, or `[file › name](file)` for a name that stands in the file. */
function deadEnd({ path }: Document, { text, target }: LinkText): readonly string[] {
  if (/^https?:/.test(target)) return []
  const [file = '', heading] = target.split('#')
  const absolute = file === '' ? join(root, path) : resolve(root, dirname(path), file)
  if (!existsSync(absolute)) return [`${target} is not there`]
  const name = text.split(' › ')[1]
  if (name !== undefined && !names(readFileSync(absolute, 'utf8'), name)) return [`${file} does not name ${name}`]
  if (heading !== undefined && !headingsOf(absolute).includes(heading)) return [`${target} has no such heading`]
  return []
}

/** A test by its title, anything else as a whole word. */
function names(content: string, name: string): boolean {
  if (name.includes(' ')) return [`'${name}'`, `"${name}"`, `\`${name}\``].some(title => content.includes(title))
  return new RegExp(`(?<![\\w#])${name}\\b`).test(content)
}

function headingsOf(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** In code marks, with a folder before them: other names are of files that a reader is to make. */
function fileNamesIn({ prose }: Document): readonly string[] {
  return [...prose.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs|sql|md|json|svg))`/g)].map(([, name = '']) => name)
}

function isInTree({ path }: Document, name: string): boolean {
  return [root, join(root, 'makegood'), join(root, 'makegood/src'), dirname(join(root, path))].some(from =>
    existsSync(resolve(from, name)),
  )
}

// ── Programs ────────────────────────────────────────────────────────────────────────────────────────────────────────

function blocksIn({ text }: Document, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code)
}

function writeBlocks(document: Document, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const code of blocksIn(document, 'ts')) writeFileSync(join(folder, fileNameOf(code)!), code)
}

/** The first line of a program names its file; blocks of one document may import each other. */
function fileNameOf(code: string): string | undefined {
  return /^\/\/ ([\w.-]+\.ts)\n/.exec(code)?.[1]
}

const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** A folder in which packages are found as a user of the workspace finds them. */
function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'makegood-docs-'))
  folders.push(folder)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return folder
}

function errorsOf(folder: string): readonly string[] {
  const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')] }
  const project = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['**/*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  const { stdout, status } = spawnSync(process.execPath, [tsc, '--noEmit', '--pretty', 'false', '-p', '.'], {
    cwd: folder,
    encoding: 'utf8',
  })
  // What is wrong elsewhere is said by the check of types.
  const ours = stdout.split('\n').filter(line => /^[\w-]+\/[\w.-]+\.ts\(/.test(line))
  return status === 0 || ours.length > 0 || stdout.includes('error TS') ? ours : [`tsc ended with ${status}: ${stdout}`]
}

/** What it prints; if it ends otherwise than well, what it says. */
function outputOf(file: string): Promise<string> {
  const tsx = join(root, 'node_modules/tsx/dist/loader.mjs')
  const child = spawn(process.execPath, ['--import', tsx, '--conditions=source', file], { cwd: dirname(file) })
  let output = ''
  let said = ''
  child.stdout.on('data', data => {
    output += data
  })
  child.stderr.on('data', data => {
    said += data
  })
  return new Promise(resolve => child.once('close', code => resolve(code === 0 ? output : `exit ${code}: ${said}`)))
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [relative(root, join(folder, entry.name))],
  )
}
