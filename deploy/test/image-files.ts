import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, matchesGlob, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDockerfile } from './image.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Makes what the image has in a folder, as its Dockerfile says, of the files that `.dockerignore` lets in. Nothing is
 * installed: the packages are those of this tree.
 */
export function makeImageFiles(folder: string): string {
  const stages = new Map<string, string>()
  let stage = ''
  for (const { instruction, argument } of readDockerfile()) {
    const words = argument.split(/\s+/)
    if (instruction === 'FROM') {
      const [base, , name = 'image'] = words as [string, string?, string?]
      stage = join(folder, name)
      mkdirSync(stage)
      const from = stages.get(base)
      if (from !== undefined) cpSync(from, stage, { recursive: true, verbatimSymlinks: true })
      stages.set(name, stage)
    } else if (instruction === 'RUN') {
      runIn(stage, words)
    } else if (instruction === 'COPY') {
      copyTo(stage, words, stages)
    }
  }
  return stage
}

function runIn(stage: string, [program, ...args]: string[]): void {
  if (program === 'node') execFileSync(process.execPath, args, { cwd: stage, stdio: 'pipe' })
  if (program === 'npm' && args[0] === 'ci') linkPackages(join(stage, 'node_modules'))
  const written = args.find(word => word.startsWith('>'))
  if (written !== undefined) writeFileSync(join(stage, written.slice(1)), '')
}

/** Those of this tree; one that npm links to a workspace, to that of the image. */
function linkPackages(to: string): void {
  mkdirSync(to)
  const from = join(root, 'node_modules')
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name)
    symlinkSync(entry.isSymbolicLink() ? readlinkSync(path) : path, join(to, entry.name))
  }
}

function copyTo(stage: string, words: string[], stages: ReadonlyMap<string, string>): void {
  const [option, ...others] = words[0]!.startsWith('--from=') ? words : ['', ...words]
  const from = stages.get(option!.slice('--from='.length)) ?? root
  const filter = from === root ? (path: string) => isLetIn(path) || isOnTheWay(path) : () => true
  const to = others.at(-1)!
  for (const source of others.slice(0, -1)) {
    const path = join(from, source.replace(/^\/makegood\//, ''))
    const isIn = /(^\.|\/)$/.test(to) && !statSync(path).isDirectory()
    cpSync(path, join(stage, to, isIn ? basename(path) : ''), { recursive: true, verbatimSymlinks: true, filter })
  }
}

/** What the last pattern says that fits a path or a folder that it is in. */
function isLetIn(path: string): boolean {
  const parts = relative(root, path).split('/')
  const paths = parts.map((_, at) => parts.slice(0, at + 1).join('/'))
  const fits = (pattern: string) => paths.some(each => matchesGlob(each, pattern.replace(/^!/, '')))
  return patterns.findLast(fits)?.startsWith('!') ?? true
}

/** A folder of which only some is let in. */
function isOnTheWay(path: string): boolean {
  return patterns.some(pattern => pattern.startsWith(`!${relative(root, path)}/`))
}

const patterns = readFileSync(join(root, '.dockerignore'), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
