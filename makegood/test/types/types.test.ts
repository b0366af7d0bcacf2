import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, '../../src/definition')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
const scratch = mkdtempSync(join(tmpdir(), 'makegood-types-'))

afterAll(() => rmSync(scratch, { recursive: true }))

test('every program in this folder that is marked as wrong is refused, and nothing else', () => {
  expect(compile(join(here, 'tsconfig.json'))).toBe('')
})

describe('a broken rule is one sentence', () => {
  test('a compensatable step after the pivot', () => {
    expect(
      errorsOf(
        `opened.pivot('pay', pay, {payload}).compensatable('stock', pay, {payload, compensation: 'not needed'})`,
      ),
    ).toContain(
      `Argument of type '"stock"' is not assignable to parameter of type '"a compensatable step cannot come after the pivot; use retriable or bestEffort"'.`,
    )
  })

  test('a second pivot', () => {
    expect(errorsOf(`opened.pivot('pay', pay, {payload}).pivot('again', pay, {payload})`)).toContain(
      `Argument of type '"again"' is not assignable to parameter of type '"a saga has one pivot; use retriable or bestEffort"'.`,
    )
  })

  test('two steps of one name', () => {
    expect(errorsOf(`opened.bestEffort('pay', pay, {payload}).pivot('pay', pay, {payload})`)).toContain(
      `Argument of type '"pay"' is not assignable to parameter of type '"this saga already has a step named pay"'.`,
    )
  })

  test('a missing compensation', () => {
    expect(errorsOf(`opened.compensatable('pay', pay, {payload})`)).toContain(
      `Property 'compensation' is missing in type`,
    )
  })

  test('a failure that the command does not declare', () => {
    expect(errorsOf(`handlersFor<unknown>().handle(pay, async (order, { fail }) => fail('LATE', order))`)).toContain(
      `Argument of type '"LATE"' is not assignable to parameter of type '"DECLINED"'.`,
    )
  })
})

function errorsOf(statement: string): string {
  writeFileSync(
    join(scratch, 'broken.mts'),
    `import { command } from '${source}/message.ts'
     import { handlersFor } from '${source}/participant.ts'
     import { saga } from '${source}/saga-chain.ts'
     import type { Schema } from '${source}/schema.ts'

     declare const order: Schema<{ id: string }>
     const pay = command('payment.process', { payload: order, failures: { DECLINED: order } })
     const payload = (it: { id: string }) => it
     const opened = saga('test', { version: 1, data: order })
     void [handlersFor, opened, payload]
     ${statement}`,
  )
  writeFileSync(
    join(scratch, 'tsconfig.json'),
    JSON.stringify({
      extends: join(here, '../../../tsconfig.base.json'),
      compilerOptions: { typeRoots: [join(here, '../../../node_modules/@types')] },
      include: ['*.mts'],
    }),
  )
  return compile(join(scratch, 'tsconfig.json'))
}

function compile(project: string): string {
  return spawnSync(process.execPath, [tsc, '--noEmit', '--pretty', 'false', '-p', project], { encoding: 'utf8' }).stdout
}
