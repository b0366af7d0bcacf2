import { describe, expect, test } from 'vitest'
import { linkOf } from '../../web/pages/audit/link-of.ts'
import { runbookOf, runbooksIn } from '../../web/pages/runbooks/runbooks.ts'
import { paths } from '../../web/parts/paths.ts'

describe('addresses', () => {
  test('hold whatever names and ids hold', () => {
    const identity = 'unreadable/a?b&c=d#e%2F/„\u202e'
    const url = new URL(paths.letter('payments', identity), 'http://console')
    expect(url.pathname).toBe('/dead-letters/letter')
    expect(url.searchParams.get('identity')).toBe(identity)
    expect(paths.definition('a/b?c')).toBe('/definitions/a%2Fb%3Fc')
  })

  test('say only what is asked for', () => {
    expect(paths.letters()).toBe('/dead-letters')
    expect(paths.letters({ service: 'payments', state: 'parked' })).toBe('/dead-letters?service=payments&state=parked')
  })
})

describe('a line of the audit leads to what was acted on', () => {
  const saga = '0197a2c4-0000-7000-8000-000000000001'
  const letter = `${saga}/payment/forward`

  test.each([
    ['retry', saga, paths.saga(saga)],
    ['abandon', saga, paths.saga(saga)],
    ['redrive', letter, paths.letter('orders', letter)],
    ['discard', letter, paths.letter('orders', letter)],
    ['reveal', saga, paths.saga(saga)],
    ['reveal', letter, paths.letter('orders', letter)],
    ['prune', null, undefined],
    ['something new', saga, undefined],
  ])('%s of %s', (action, target, href) => {
    expect(
      linkOf({ number: '1', at: '', by: 'ada', reason: '', detail: null, service: 'orders', action, target }),
    ).toBe(href)
  })
})

describe('runbooks', () => {
  test('are called as their file and titled as their heading', () => {
    expect(
      runbooksIn({ '../docs/runbooks/stuck-silent.md': '# Nobody answered\n\nIt was asked.\n\n## Find out\n' }),
    ).toEqual([{ name: 'stuck-silent', title: 'Nobody answered', text: 'It was asked.\n\n## Find out\n' }])
  })

  test.each([
    ['stuck-silent.md', 'stuck-silent'],
    ['./stuck-silent.md#find-out', 'stuck-silent'],
    ['../operations.md', undefined],
    ['https://example.org/stuck-silent.md', undefined],
    ['javascript:alert(1)', undefined],
  ])('%s leads to %s', (href, name) => {
    expect(runbookOf(href)).toBe(name)
  })
})
