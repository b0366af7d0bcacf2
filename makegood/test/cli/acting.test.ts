import { describe, expect, test } from 'vitest'
import { exits } from '../../src/cli/terminal.ts'
import { acting, inboxView, sagasOf, sagaView, serviceView } from '../operations/contract-bodies.ts'
import { type Answers, type Asked, type Stranger, stranger } from '../operations/stranger.ts'
import { makegood, person } from './command-line.ts'

const ids = (count: number) => Array.from({ length: count }, (_, at) => `saga-${at}`)

/** A service that has these stuck sagas. */
function having(sagas: readonly string[], more: Answers = {}): Promise<Stranger> {
  return stranger({
    'GET /services': { services: [{ service: 'orders', ...serviceView() }] },
    'GET /sagas': ({ line }) => {
      const query = new URLSearchParams(line.split('?')[1])
      const from = Number(query.get('after') ?? 0)
      const to = from + Number(query.get('limit'))
      const page = sagas.slice(from, to).map(id => sagaView({ id }))
      return { services: [{ ...sagasOf('orders', ...page), next: to < sagas.length ? String(to) : null }] }
    },
    'POST /sagas/actions': acting(...sagas),
    ...more,
  })
}

const done = ({ asked }: Stranger): readonly Asked[] =>
  asked.filter(({ line, body }) => line.startsWith('POST') && body.dryRun !== true)

describe('a saga that is named', () => {
  test('is acted on at once where nobody can be asked', async () => {
    const one = await having(['a'])
    const { code, out } = await makegood(['sagas', 'retry', 'a', '--reason', 'it runs again', '--url', one.url])
    expect(code).toBe(exits.done)
    expect(out).toBe('1 done\n  done  a (checkout order-1): It is sent again.\n')
    expect(done(one).map(({ body }) => body)).toEqual([
      { items: [{ id: 'a' }], action: { kind: 'retry' }, reason: 'it runs again', dryRun: false },
    ])
  })

  test('is shown first to a person, who is asked whether, and why', async () => {
    const one = await having(['a'])
    const operator = person('y', 'the carrier is back')
    const { code, err } = await makegood(['sagas', 'retry', 'a', '--url', one.url], operator)
    expect(code).toBe(exits.done)
    expect(operator.asked).toEqual(['Retry 1 saga? [y/N] ', 'Why? It goes into the audit: '])
    expect(err).toContain('would be done  a (checkout order-1): It is sent again.')
    // What they looked at is what it is done to.
    expect(done(one)[0]?.body).toMatchObject({
      items: [{ id: 'a', revision: '0123456789abcdef' }],
      reason: 'the carrier is back',
    })
  })

  test.each([
    ['no', []],
    ['silence', ['']],
    ['a reason that they do not give', ['y', ' ']],
    ['anything but yes', ['why not']],
  ])('is left alone for %s', async (_, answers) => {
    const one = await having(['a'])
    const { code, out } = await makegood(['sagas', 'retry', 'a', '--url', one.url], person(...answers))
    expect({ code, out }).toEqual({ code: exits.refused, out: 'Nothing was done.\n' })
    expect(done(one)).toEqual([])
  })

  test('is only looked at in a dry run, without a reason or a question', async () => {
    const one = await having(['a'])
    const { code, out } = await makegood(['sagas', 'abandon', 'a', '--dry-run', '--url', one.url])
    expect(code).toBe(exits.done)
    expect(out).toContain('would be done  a')
    expect(done(one)).toEqual([])
  })

  test('that nobody has is told, with 1; with 3 if somebody is away who may have it', async () => {
    const [one, gone] = [await having(['a']), await stranger({})]
    await gone.goAway()
    const args = ['sagas', 'retry', 'a', 'b', '--reason', 'x', '--url', one.url]
    const { code, out } = await makegood(args)
    expect(code).toBe(exits.refused)
    expect(out).toMatch(/^1 done, 1 unknown\n/)
    expect((await makegood([...args, '--url', gone.url])).code).toBe(exits.unavailable)
  })

  test('is skipped or resolved in a step, with a reply', async () => {
    const one = await having(['a'])
    const more = ['a', '--step', 'payment', '--reason', 'by hand', '--url', one.url]
    await makegood(['sagas', 'skip', ...more])
    await makegood(['sagas', 'resolve', ...more, '--reply', '{"paymentId":"P-1"}'])
    expect(done(one).map(({ body }) => body.action)).toEqual([
      { kind: 'skip', step: 'payment' },
      { kind: 'resolve', step: 'payment', reply: { paymentId: 'P-1' } },
    ])
  })

  test('is told to a script as one document', async () => {
    const one = await having(['a'])
    const { out, err } = await makegood(['sagas', 'retry', 'a', 'b', '--json', '--reason', 'x', '--url', one.url])
    expect(JSON.parse(out)).toMatchObject({
      dryRun: false,
      interrupted: false,
      results: [
        { id: 'a', outcome: 'done' },
        { id: 'b', outcome: 'unknown' },
      ],
      unreachable: [],
    })
    expect(err).toBe('')
  })
})

describe('sagas that a filter finds', () => {
  const all = ['sagas', 'retry', '--status', 'stuck', '--definition', 'checkout']

  test('are acted on in pages, each as it was found', async () => {
    const one = await having(ids(450))
    const { code, out } = await makegood([...all, '--reason', 'x', '--yes', '--url', one.url])
    expect(code).toBe(exits.done)
    expect(out).toMatch(/^450 done\n(.*\n){10} {2}… and 440 more, which --json has\n$/)
    expect(done(one).map(({ body }) => body.items.length)).toEqual([200, 200, 50])
    expect(done(one)[0]?.body.items[0]).toEqual({ id: 'saga-0', revision: '0123456789abcdef' })
    expect(one.asked[0]?.line).toContain('GET /sagas?status=stuck&definition=checkout&limit=200')
  })

  test('need --yes where nobody can be asked', async () => {
    const one = await having(['a'])
    const { code, err } = await makegood([...all, '--reason', 'x', '--url', one.url])
    expect(code).toBe(exits.misused)
    expect(err).toContain('look at it with --dry-run, then say --yes')
    expect(done(one)).toEqual([])
  })

  test('are nothing to worry about if there are none', async () => {
    const one = await having([])
    const { code, out } = await makegood([...all, '--reason', 'x', '--yes', '--url', one.url])
    expect({ code, out }).toEqual({ code: exits.done, out: 'There is no saga to retry.\n' })
  })

  test('are left between two pages when they are interrupted', async () => {
    const interruption = new AbortController()
    const one = await having(ids(450), {
      'POST /sagas/actions': asked => {
        if (!asked.body.dryRun) interruption.abort()
        return acting(...ids(450))(asked)
      },
    })
    const terminal = { interruptible: (work: any) => work(interruption.signal) }
    const { code, out } = await makegood([...all, '--reason', 'x', '--yes', '--url', one.url], terminal)
    expect(code).toBe(exits.interrupted)
    expect(out).toMatch(/^200 done\n(.*\n)+Interrupted: the rest was not touched\.\n$/)
    expect(done(one)).toHaveLength(1)
  })

  test('are left alone when looking for them is interrupted', async () => {
    const interruption = new AbortController()
    const one = await having(ids(450), {
      'GET /sagas': () => {
        interruption.abort()
        return { services: [{ ...sagasOf('orders', sagaView({ id: 'saga-0' })), next: '1' }] }
      },
    })
    const terminal = { interruptible: (work: any) => work(interruption.signal) }
    const { code, out } = await makegood([...all, '--reason', 'x', '--yes', '--url', one.url], terminal)
    expect({ code, out }).toEqual({ code: exits.interrupted, out: 'Nothing was done.\n' })
    expect(done(one)).toEqual([])
  })

  test('say how far they are when it takes long', async () => {
    let clock = 0
    const one = await having(ids(450), {
      'POST /sagas/actions': asked => {
        clock += 3_000
        return acting(...ids(450))(asked)
      },
    })
    const { err } = await makegood([...all, '--reason', 'x', '--yes', '--url', one.url], { now: () => clock })
    expect(err).toMatch(/^Retry: 200 sagas so far …\nRetry: 400 sagas so far …\n/)
    const again = await makegood([...all, '--dry-run', '--url', one.url], { now: () => clock, rewritable: true })
    const erased = '\r\x1b[K'
    expect(again.err).toBe([200, 400, 450].map(so => `${erased}Looking: ${so} sagas so far …`).join('') + erased)
  })

  test('of a failure group are those that say the same', async () => {
    const trouble = (says: string) => ({ code: 'FAILED', step: 'refund', says, runbook: 'stuck-failed' })
    const sagas = [
      sagaView({ id: 'a', trouble: trouble('refund 17 was refused') }),
      sagaView({ id: 'b', trouble: trouble('refund 9 was lost') }),
      sagaView({ id: 'c', trouble: trouble('refund 9 was refused') }),
    ]
    const group = {
      fingerprint: 'f1',
      kind: 'stuck saga',
      what: 'checkout',
      code: 'FAILED',
      step: 'refund',
      says: 'refund 2 was refused',
      count: 2,
      more: false,
    }
    const one = await having(['a', 'b', 'c'], {
      'GET /failures': { services: [{ service: 'orders', groups: [group] }] },
      'GET /sagas': { services: [sagasOf('orders', ...sagas)] },
    })
    const { out } = await makegood(['sagas', 'retry', '--group', 'f1', '--reason', 'x', '--yes', '--url', one.url])
    expect(out).toMatch(/^2 done\n/)
    expect(done(one)[0]?.body.items.map(({ id }: { readonly id: string }) => id)).toEqual(['a', 'c'])
    const unknown = await makegood(['sagas', 'retry', '--group', 'f2', '--reason', 'x', '--yes', '--url', one.url])
    expect(unknown).toMatchObject({ code: exits.misused, err: expect.stringContaining('no group of stuck sagas f2') })
  })
})

describe('dead letters', () => {
  const letter = (identity: string) => inboxView({ identity, state: 'dead', error: 'the printer is on fire' })

  function lettersIn(service: string, ...identities: readonly string[]): Promise<Stranger> {
    return stranger({
      'GET /services': { services: [{ service, ...serviceView() }] },
      'GET /dead-letters': ({ line }) => {
        const asked = new URLSearchParams(line.split('?')[1]).get('identity')
        const found = identities.filter(each => each === asked).map(letter)
        return { services: [{ service, messages: found, next: null }] }
      },
      'GET /failures': { services: [{ service, groups: [{ fingerprint: 'f1', kind: 'dead letter', count: 3 }] }] },
      'POST /dead-letters/actions': ({ body: { letters, dryRun } }) => {
        const outcome = dryRun ? 'would be done' : 'done'
        if ('identities' in letters) {
          return {
            results: letters.identities.map((identity: string) => ({ identity, outcome, says: 'Due now.' })),
            next: null,
          }
        }
        const from = Number(letters.after ?? 0)
        const page = identities.slice(from, from + 2)
        const next = from + 2 < identities.length ? String(from + 2) : null
        return { results: page.map(identity => ({ identity, outcome, says: 'Due now.' })), next }
      },
    })
  }

  test('are redriven at the service that has them', async () => {
    const [one, other] = [await lettersIn('payment', 'p-1'), await lettersIn('stock', 's-1', 's-2')]
    const urls = ['--url', one.url, '--url', other.url]
    const { code, out } = await makegood(['dead-letters', 'redrive', 'p-1', 's-2', 'x', '--reason', 'mended', ...urls])
    expect(code).toBe(exits.refused)
    expect(out).toMatch(
      /^1 unknown, 2 done\n {2}done {2}p-1 in payment: Due now\.\n {2}done {2}s-2 in stock: Due now\.\n {2}unknown {2}x: /,
    )
    expect(done(other).map(({ body }) => body.letters)).toEqual([{ identities: ['s-2'] }])
  })

  test('of a group are redriven page by page, so many a second', async () => {
    const one = await lettersIn('payment', 'a', 'b', 'c')
    const args = [
      'dead-letters',
      'redrive',
      '--group',
      'f1',
      '--per-second',
      '1000',
      '--reason',
      'x',
      '--yes',
      '--url',
      one.url,
    ]
    const { code, out } = await makegood(args)
    expect(code).toBe(exits.done)
    expect(out).toMatch(/^3 done\n/)
    expect(done(one).map(({ body }) => [body.letters, body.action])).toEqual([
      [{ fingerprint: 'f1' }, { kind: 'redrive', perSecond: 1000 }],
      [
        { fingerprint: 'f1', after: '2' },
        { kind: 'redrive', perSecond: 1000 },
      ],
    ])
  })

  test('of a group are left when they are interrupted, also in the pause between two pages', async () => {
    const one = await lettersIn('payment', 'a', 'b', 'c')
    const interruption = new AbortController()
    const args = [
      'dead-letters',
      'redrive',
      '--group',
      'f1',
      '--per-second',
      '1',
      '--reason',
      'x',
      '--yes',
      '--url',
      one.url,
    ]
    const interrupted = makegood(args, { interruptible: work => work(interruption.signal) })
    await expect.poll(() => done(one).length).toBe(1)
    interruption.abort()
    expect(await interrupted).toMatchObject({ code: exits.interrupted, out: expect.stringMatching(/^2 done\n/) })
    expect(done(one)).toHaveLength(1)
  })

  test('are redriven with another payload, or discarded', async () => {
    const one = await lettersIn('payment', 'a')
    const more = ['--service', 'payment', '--reason', 'x', '--url', one.url]
    await makegood(['dead-letters', 'redrive', 'a', '--payload', '{"amount":1}', ...more])
    await makegood(['dead-letters', 'discard', 'a', ...more])
    expect(done(one).map(({ body }) => body.action)).toEqual([
      { kind: 'redrive', payload: { amount: 1 } },
      { kind: 'discard' },
    ])
    // Where the service is named nobody is asked who has it.
    expect(one.asked.some(({ line }) => line.startsWith('GET /dead-letters'))).toBe(false)
  })

  test('of which it is not known whether they were redriven say so', async () => {
    const one = await stranger({
      'GET /services': { services: [{ service: 'payment', ...serviceView() }] },
      'POST /dead-letters/actions': (_, response) => void response.destroy(),
    })
    const args = ['dead-letters', 'redrive', 'a', '--service', 'payment', '--reason', 'x', '--url', one.url]
    const { code, out, err } = await makegood(args)
    expect(code).toBe(exits.unavailable)
    expect(out).toContain('it is not known whether it was done: look before you try again')
    expect(err).toContain(`${one.url} is away`)
  })
})
