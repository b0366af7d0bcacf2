import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePortOffset } from '../../runner/free-ports.ts'

const script = (name: string) => fileURLToPath(new URL(`../scripts/${name}.sh`, import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outbox-choreography-'))
})
afterAll(async () => {
  await run('stop')
  await rm(folder, { recursive: true, force: true })
})

test('start.sh starts the whole system and says where it answers; stop.sh stops it', async () => {
  const offset = await freePortOffset([8000, 8001, 8002, 8080, 8082])
  const { code, said } = await run('start', '--port-offset', String(offset))
  expect(code, said).toBe(0)
  expect(said).toContain(`http://localhost:${8000 + offset}`)
  expect((await fetch(`http://localhost:${8001 + offset}/api/v1/stocks/`)).status).toBe(200)

  const again = await run('start')
  expect(again).toMatchObject({ code: 1, said: expect.stringContaining('It runs already') })

  expect(await run('stop')).toMatchObject({ code: 0, said: 'It has stopped.\n' })
  await expect(fetch(`http://localhost:${8000 + offset}/livez`)).rejects.toThrow()
  expect(await readdir(folder)).toEqual([])
  expect(await run('stop')).toMatchObject({ code: 0, said: 'It does not run.\n' })
})

test('start.sh says why it cannot start, and leaves nothing behind', async () => {
  expect(await run('start', '--service', 'basket')).toMatchObject({
    code: 1,
    said: expect.stringContaining('outbox-choreography has no service basket'),
  })
  expect(await readdir(folder)).toEqual([])
})

function run(name: string, ...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise(resolve =>
    execFile('sh', [script(name), ...args], { env: { ...process.env, MAKEGOOD_RUN: folder } }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: out + err }),
    ),
  )
}
