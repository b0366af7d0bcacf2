import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const module = new URL('../built.mjs', import.meta.url).href

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'makegood-built-'))
  await writeFile(join(folder, 'source'), 'one')
})
afterEach(() => rm(folder, { recursive: true }))

test('is built when a source has changed, and only then', async () => {
  expect(await build()).toContain('Building it')
  expect(await result()).toBe('one')
  expect(await build()).toBe('')
  await writeFile(join(folder, 'source'), 'two')
  expect(await build()).toContain('Building it')
  expect(await result()).toBe('two')
})

test('what cannot be built leaves what was there, and nothing beside it', async () => {
  await build()
  await writeFile(join(folder, 'source'), 'two')
  await expect(build({ broken: true })).rejects.toThrow('broken')
  expect(await result()).toBe('one')
  expect((await readdir(folder)).sort()).toEqual(['dist', 'source'])
})

test('who fails because another process has built the same meanwhile has it too', async () => {
  await build({ meanwhile: programOf(), broken: true })
  expect(await result()).toBe('one')
  expect((await readdir(folder)).sort()).toEqual(['dist', 'source'])
})

function result(): Promise<string> {
  return readFile(join(folder, 'dist/result'), 'utf8')
}

/** In a process of its own. Resolves with what it says. */
async function build(how: How = {}): Promise<string> {
  return (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', programOf(how)])).stderr
}

interface How {
  readonly broken?: boolean
  /** What another process runs before this one is done. */
  readonly meanwhile?: string
}

function programOf({ broken = false, meanwhile }: How = {}): string {
  const inFolder = (name: string) => JSON.stringify(relative(root, join(folder, name)))
  return `
    import { execFileSync } from 'node:child_process'
    import { cpSync, mkdirSync } from 'node:fs'
    import { builtOnce } from ${JSON.stringify(module)}
    const meanwhile = ${JSON.stringify(meanwhile)}
    await builtOnce({
      what: 'it', dist: ${inFolder('dist')}, sources: [${inFolder('source')}],
      build: async folder => {
        mkdirSync(folder)
        if (meanwhile !== undefined) execFileSync(process.execPath, ['--input-type=module', '-e', meanwhile])
        if (${broken}) throw new Error('broken')
        cpSync(${JSON.stringify(join(folder, 'source'))}, folder + '/result')
      },
    })`
}
