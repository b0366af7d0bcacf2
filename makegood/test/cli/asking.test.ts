import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { exits } from '../../src/cli/terminal.ts'
import { inboxView, sagaId, sagaInFull, sagasOf, sagaView, serviceView } from '../operations/contract-bodies.ts'
import { problem, type Stranger, stranger } from '../operations/stranger.ts'
import { makegood } from './command-line.ts'

beforeEach(() => {
  for (const name of ['MAKEGOOD_URL', 'MAKEGOOD_TOKEN', 'MAKEGOOD_TOKEN_FILE']) vi.stubEnv(name, undefined)
})
afterEach(() => void vi.unstubAllEnvs())

const well = { 'GET /services': { services: [{ service: 'orders', ...serviceView() }] } }

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'makegood-token-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'token'), text)
  return join(folder, 'token')
}

describe('where services are, and who asks', () => {
  async function tokenSent(...flags: readonly string[]): Promise<string | undefined> {
    const one = await stranger(well)
    await makegood(['services', '--url', one.url, ...flags])
    return one.asked[0]?.token
  }

  test('may be in the environment, several with commas between them', async () => {
    const [one, other] = [await stranger(well), await stranger(well)]
    vi.stubEnv('MAKEGOOD_URL', `${one.url}, ${other.url}`)
    vi.stubEnv('MAKEGOOD_TOKEN', 'secret')
    const { code, out } = await makegood(['services', '--json'])
    expect(code).toBe(exits.done)
    expect(JSON.parse(out).services.map(({ url }: { readonly url: string }) => url)).toEqual([one.url, other.url])
    expect(one.asked[0]?.token).toBe('Bearer secret')
  })

  test('has to be said', async () => {
    const { code, err } = await makegood(['sagas', 'list'])
    expect(code).toBe(exits.misused)
    expect(err).toMatch(/^Say where the services are: --url .* or MAKEGOOD_URL/)
  })

  test('may be in a file; what is typed goes before the environment', async () => {
    const file = fileWith('from-the-file\n')
    expect(await tokenSent('--token-file', file)).toBe('Bearer from-the-file')
    vi.stubEnv('MAKEGOOD_TOKEN_FILE', file)
    expect(await tokenSent()).toBe('Bearer from-the-file')
    expect(await tokenSent('--token', 'typed')).toBe('Bearer typed')
    vi.stubEnv('MAKEGOOD_TOKEN', 'from-the-environment')
    expect(await tokenSent()).toBe('Bearer from-the-environment')
    expect(await tokenSent('--token-file', file)).toBe('Bearer from-the-file')
  })

  test('is told when the file is not there, and when a token cannot be sent', async () => {
    const missing = await makegood(['services', '--url', 'http://127.0.0.1:1', '--token-file', '/nowhere/token'])
    expect(missing).toMatchObject({
      code: exits.misused,
      err: expect.stringContaining('cannot be read from /nowhere/token'),
    })
    const odd = await makegood(['services', '--url', 'http://127.0.0.1:1', '--token', 'a b'])
    expect(odd).toMatchObject({
      code: exits.misused,
      err: expect.stringContaining('characters that a header cannot carry'),
    })
    expect(odd.err).not.toContain('a b')
  })

  test('is refused as an address that it is not', async () => {
    const { code, err } = await makegood(['services', '--url', 'localhost:3000'])
    expect(code).toBe(exits.misused)
    expect(err).toContain('An address is of the form http://host:port')
  })

  test('help says that a token on the command line can be seen', async () => {
    const { out } = await makegood(['services', '--help'])
    expect(out.replaceAll(/\s+/g, ' ')).toContain('whoever lists the processes of this machine sees it here')
  })
})

describe('who does not answer', () => {
  async function away(): Promise<Stranger> {
    const gone = await stranger({})
    await gone.goAway()
    return gone
  }

  test('is named beside what the others say, with 3', async () => {
    const [one, gone] = [await stranger(well), await away()]
    const { code, out, err } = await makegood(['services', '--url', one.url, '--url', gone.url])
    expect(code).toBe(exits.unavailable)
    expect(out).toContain('orders')
    expect(err).toMatch(new RegExp(`^${gone.url} is away: It cannot be reached: .*ECONNREFUSED`))
  })

  test('is told from who refuses, with 1', async () => {
    const one = await stranger({ 'GET /services': problem(403, 'This needs the role operator.') })
    const { code, err } = await makegood(['services', '--url', one.url])
    expect(code).toBe(exits.refused)
    expect(err).toBe(`${one.url} refuses you: This needs the role operator.\n`)
  })

  test('never looks as if there were nothing', async () => {
    const gone = await away()
    for (const command of [['sagas', 'list'], ['failures'], ['audit'], ['pace']]) {
      expect(await makegood([...command, '--url', gone.url])).toMatchObject({ code: exits.unavailable, out: '' })
    }
  })

  test('is in the document of a script', async () => {
    const gone = await away()
    const { out, err } = await makegood(['failures', '--json', '--url', gone.url])
    expect(JSON.parse(out)).toEqual({ services: [], unreachable: [{ url: gone.url, says: expect.any(String) }] })
    expect(err).toBe('')
  })
})

describe('a question that is wrong', () => {
  test('is told with what the service says of it, and 2', async () => {
    const one = await stranger({ 'GET /sagas': problem(400, 'key says nothing.') })
    const said = await makegood(['sagas', 'list', '--key', ' ', '--url', one.url])
    expect(said).toMatchObject({ code: exits.misused, err: 'key says nothing.\n' })
  })

  test.each([
    [['sagas', 'list', '--limit', '0'], 'whole number from 1 to 10000'],
    [['sagas', 'list', '--status', 'lost'], 'Allowed choices are running, compensating, stuck'],
    [['sagas', 'list', '--started-after', 'yesterday'], 'a time like 2026-01-31T09:00Z, or how long ago'],
    [['sagas', 'list', '--after', '7'], '--after goes on in one service: say which by --service'],
    [['sagas', 'list', '--timeout', '0'], 'a number of seconds from 0.1 to 60'],
    [['sagas', 'show', 'x', '--reveal'], 'Say why by --reason'],
    [['sagas', 'show'], "missing required argument 'id or key'"],
    [['sagas', 'sow'], 'Did you mean show?'],
    [['sagas', 'resolve', 'x', '--step', 'a', '--reply', '{'], 'It is JSON, or @ and the path'],
    [['sagas', 'resolve', 'x', '--step', 'a', '--reply', '@/nowhere'], 'ENOENT'],
    [['sagas', 'skip', 'x'], "required option '--step <name>' not specified"],
    [['sagas', 'retry', '--reason', 'x'], 'Say which: their ids, or a filter'],
    [['sagas', 'retry', '--service', 'orders', '--reason', 'x'], 'Say which: their ids, or a filter'],
    [['sagas', 'skip', '--step', 'payment', '--reason', 'x'], 'Say which: their ids, or a filter'],
    [['sagas', 'retry', 'x', '--all', '--reason', 'x'], 'Say which: their ids, or a filter'],
    [['sagas', 'retry', 'x', '--status', 'stuck', '--reason', 'x'], 'Say which: their ids, or a filter'],
    [['sagas', 'retry', '--all', '--revision', '1', '--reason', 'x'], 'A revision is that of one saga'],
    [['sagas', 'retry', 'x'], 'Say why by --reason: it goes into the audit'],
    [['dead-letters', 'redrive', '--reason', 'x'], 'Say which: their identities, or --group'],
    [
      ['dead-letters', 'redrive', 'a', 'b', '--payload', '1', '--reason', 'x'],
      'A payload takes the place of that of one letter',
    ],
    [['definitions', 'show', '--format', 'svg'], 'Allowed choices are text, mermaid, json'],
    [['completion', 'powershell'], 'Allowed choices are bash, zsh, fish'],
    [['prune'], "required option '--reason <text>' not specified"],
  ])('%j is misused', async (args, says) => {
    const one = await stranger({})
    const isAsking = args[0] !== 'completion'
    const { code, out, err } = await makegood([...args, ...(isAsking ? ['--url', one.url] : [])])
    expect(err).toContain(says)
    expect(code).toBe(exits.misused)
    expect(out).toBe('')
    expect(one.asked).toEqual([])
  })
})

test('a command line that is wrong is a document too, for a script', async () => {
  const { code, out } = await makegood(['sagas', 'list', '--json', '--limit', 'many'])
  expect(code).toBe(exits.misused)
  expect(JSON.parse(out)).toEqual({ ok: false, code: 'OPTION_INVALID', message: expect.stringContaining('--limit') })
})

describe('a list', () => {
  const page = (service: string, next: string | null, ...keys: readonly string[]) => ({
    services: [{ ...sagasOf(service, ...keys.map(key => sagaView({ key }))), next }],
  })

  test('goes over as many pages as it takes, and says how it goes on', async () => {
    const one = await stranger({
      'GET /services': { services: [{ service: 'orders', ...serviceView() }] },
      'GET /sagas': ({ line }) => (line.includes('after=2') ? page('orders', '3', 'c') : page('orders', '2', 'a', 'b')),
    })
    const { out } = await makegood(['sagas', 'list', '--limit', '3', '--status', 'stuck', '--url', one.url])
    expect(out).toContain('More of orders: the same with --service orders --after 3\n')
    expect(one.asked.map(({ line }) => line)).toEqual([
      'GET /sagas?status=stuck&limit=3&order=newest',
      'GET /services',
      'GET /sagas?status=stuck&limit=1&order=newest&service=orders&after=2',
    ])
    const { out: json } = await makegood(['sagas', 'list', '--limit', '3', '--json', '--url', one.url])
    const [group] = JSON.parse(json).services
    expect(group).toMatchObject({ service: 'orders', next: '3' })
    expect(group.sagas.map(({ key }: { readonly key: string }) => key)).toEqual(['a', 'b', 'c'])
  })

  test('takes times as how long ago', async () => {
    const one = await stranger({ 'GET /sagas': page('orders', null) })
    const now = () => Date.parse('2026-01-31T12:00:00.000Z')
    const { out } = await makegood(['sagas', 'list', '--started-after', '90min', '--url', one.url], { now })
    expect(one.asked[0]?.line).toContain('startedAfter=2026-01-31T10%3A30%3A00.000Z')
    expect(out).toBe('No sagas.\n')
  })

  test('fits the width of the terminal, and keeps ids', async () => {
    const trouble = { code: 'SILENT', step: 'payment', says: 'No answer. '.repeat(20), runbook: 'stuck-silent' }
    const one = await stranger({ 'GET /sagas': { services: [sagasOf('orders', sagaView({ trouble }))] } })
    const { out } = await makegood(['sagas', 'list', '--url', one.url], {
      width: 100,
      now: () => Date.parse('2026-01-01T01:00:01.000Z'),
    })
    const [, line = ''] = out.split('\n')
    expect(line).toMatch(new RegExp(`^stuck   checkout 1  order-1  1 h ago  SILENT at pay.*…  ${sagaId}$`))
    expect(line.length).toBeLessThanOrEqual(100)
  })

  test('says how far it is when it takes long', async () => {
    let clock = 0
    const one = await stranger({
      'GET /services': { services: [{ service: 'orders', ...serviceView() }] },
      'GET /sagas': ({ line }) => {
        clock += 3_000
        return page('orders', line.includes('after=1') ? null : '1', 'a')
      },
    })
    const { err } = await makegood(['sagas', 'list', '--url', one.url], { now: () => clock })
    expect(err).toBe('1 sagas of orders so far …\n')
  })

  test('ends between two pages when it is interrupted, and says how it goes on', async () => {
    const interruption = new AbortController()
    const one = await stranger({
      'GET /sagas': () => {
        interruption.abort()
        return page('orders', '1', 'a')
      },
    })
    const { code, out } = await makegood(['sagas', 'list', '--url', one.url], {
      interruptible: work => work(interruption.signal),
    })
    expect(code).toBe(exits.interrupted)
    expect(out).toContain('--after 1')
    expect(one.asked).toHaveLength(1)
  })
})

test('nothing that a stranger says acts on the terminal', async () => {
  const hostile = '\x1b[2J\x1b]0;owned\x07\u009b31m\u202e\r'
  const view = sagaView({
    id: `i${hostile}`,
    key: `k${hostile}`,
    definition: `d${hostile}`,
    trouble: { code: `c${hostile}`, step: `s${hostile}`, says: hostile, runbook: hostile },
    cause: { step: hostile, code: hostile, details: { [hostile]: hostile } },
  })
  const message = {
    ...inboxView({ identity: hostile, type: hostile, state: 'dead', error: hostile }),
    service: hostile,
  }
  const full = sagaInFull({
    ...view,
    id: sagaId,
    service: hostile,
    state: { steps: { [hostile]: { forward: { state: hostile, code: hostile } } } },
    data: { [hostile]: hostile },
    journal: [{ at: '2026-01-01T00:00:00.000Z', kind: hostile, step: hostile, detail: hostile }],
    messages: [message],
  })
  const letter = { ...message, envelope: { address: hostile, headers: { [hostile]: hostile }, body: hostile } }
  const letters = { services: [{ service: hostile, messages: [letter], next: hostile }] }
  const one = await stranger({
    'GET /sagas': { services: [{ ...sagasOf(`o${hostile}`, view), next: hostile }] },
    [`GET /sagas/${sagaId}`]: full,
    'GET /definitions': { services: [] },
    'GET /services': {
      services: [{ service: hostile, ...serviceView({ ready: false, reasons: [hostile], version: hostile }) }],
    },
    'GET /me': { name: hostile, role: 'admin' },
    'GET /failures': problem(503, hostile),
    'GET /dead-letters': letters,
    'GET /parked': letters,
    'POST /sagas/actions': problem(400, hostile),
  })
  for (const command of [
    ['sagas', 'list', '--limit', '1'],
    ['sagas', 'show', sagaId],
    ['sagas', 'retry', sagaId, '--reason', 'x'],
    ['services'],
    ['doctor'],
    ['failures'],
    ['dead-letters', 'list', '--limit', '1'],
    ['dead-letters', 'show', 'x'],
    ['parked', 'list', '--limit', '1'],
  ]) {
    for (const more of [[], ['--json']]) {
      const { out, err } = await makegood([...command, ...more, '--url', one.url])
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
      expect(out + err, command.join(' ')).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
      expect(out + err).not.toBe('')
    }
  }
})
