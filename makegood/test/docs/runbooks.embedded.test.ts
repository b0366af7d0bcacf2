import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type PgliteStore, pglite } from '../../src/adapters/pglite/index.ts'
import type { PgClient } from '../../src/makegood.ts'
import { troubleCodes } from '../../src/model/saga-state.ts'
import { runbookOfDeadLetters, runbookOfParked, runbookOfTrouble } from '../../src/operations/contract.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = `${root}docs/runbooks/`
const index = readFileSync(`${folder}README.md`, 'utf8')
const pages = readdirSync(folder)
  .filter(name => name !== 'README.md')
  .map(file => ({ name: file.replace(/\.md$/, ''), text: readFileSync(`${folder}${file}`, 'utf8') }))
const names = pages.map(({ name }) => name)

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly annotations: { readonly runbook_url: string } }[]
  }[]
}

const alerts = (parse(readFileSync(`${root}deploy/observability/alerts.yaml`, 'utf8')) as Rules).groups.flatMap(
  ({ rules }) => rules.map(({ alert, annotations }) => ({ alert, page: annotations.runbook_url })),
)

describe('a runbook is there for', () => {
  test.each(alerts)('the alert $alert, which is named on it and in the index', ({ alert, page }) => {
    const { text } = pages.find(({ name }) => page === `docs/runbooks/${name}.md`) ?? { text: `There is no ${page}` }
    expect(text).toContain(`\`${alert}\``)
    expect(index).toContain(`\`${alert}\``)
  })

  test.each(troubleCodes)('a saga that is stuck with %s', code => {
    const page = runbookOfTrouble(code)
    expect(names).toContain(page)
    expect(index).toContain(`| \`${code}\` | [`)
    expect(pages.find(({ name }) => name === 'stuck-sagas')?.text).toContain(`[${page}](${page}.md)`)
  })

  test.each([runbookOfDeadLetters, runbookOfParked])('%s', page => {
    expect(names).toContain(page)
  })
})

test('every page that services, the command line and the console send people to is there', () => {
  const sources = ['makegood/src', 'console/server', 'console/web'].flatMap(path => sourcesUnder(`${root}${path}`))
  const sent = sources.flatMap(text => [...text.matchAll(/runbook(?:: |\()'([a-z-]+)'/g)].map(([, name = '']) => name))
  expect(sent).toEqual(expect.arrayContaining(['schema', 'clock-skew', 'stranded-version']))
  expect(sent.filter(name => !names.includes(name))).toEqual([])
})

test('every page is found from the index', () => {
  expect(names.filter(name => !index.includes(`(${name}.md)`))).toEqual([])
})

describe.each(pages)('$name', ({ text }) => {
  test('tells what there is to know, in the same order as the others', () => {
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      'What you see',
      'What it means for customers',
      'Find out',
      'Put it right',
      'How you know that it is over',
      'How it could have been avoided',
    ])
  })
})

describe('PostgreSQL takes the SQL of', () => {
  const statements = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/^```sql\n([\s\S]*?)^```/gm)].map(([, sql = '']) => ({ name, sql })),
  )
  let store: PgliteStore<PgClient>
  let keeper: { close(): Promise<void> }

  beforeAll(async () => {
    store = pglite()
    const opened = store.open('keeper')
    await opened.migrate()
    keeper = opened
  })
  afterAll(() => keeper.close())

  test.each(statements)('$name: $sql', async ({ sql }) => {
    const client = await store.pool.connect()
    try {
      expect((await client.query(sql)).rows).toBeDefined()
    } finally {
      client.release()
    }
  })
})

function sourcesUnder(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap(entry => {
    const inside = `${path}/${entry.name}`
    if (entry.isDirectory()) return sourcesUnder(inside)
    return /\.tsx?$/.test(entry.name) ? [readFileSync(inside, 'utf8')] : []
  })
}
