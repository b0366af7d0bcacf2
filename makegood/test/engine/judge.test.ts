import { describe, expect, test } from 'vitest'
import { judge, type Verdict } from '../../src/engine/judge.ts'
import { answered, closed, dead, handled, inDoubt, newCustody, parked } from '../../src/engine/record.ts'
import type { CommandMessage, Direction } from '../../src/model/message.ts'
import type { Handling } from '../../src/ports/store.ts'

// Every verdict there is, written out. The tables are the specification; the tests walk all that can be asked.

/** A command that is on record already arrives again: an older, the same or a newer attempt of it. */
const again = tableOf(`
  record                  | older | same         | newer
  succeeded               | drop  | answer again | answer again, raised
  failed                  | drop  | answer again | replace, raised
  parked                  | drop  | drop         | replace, raised
  parked, held            | drop  | drop         | drop, raised
  parked, call begun      | drop  | drop         | replace, raised
  parked, call in flight  | drop  | drop         | drop, raised
  dead                    | drop  | answer again | replace, raised
  dead, call begun        | drop  | answer again | replace, raised
  closed                  | drop  | drop         | drop
  in doubt                | drop  | drop         | drop
`)

/** A compensation that is new here, or is taken up from custody; its step is known to have succeeded, or is not. */
const compensation = tableOf(`
  step                    | known to have succeeded | not known
  none                    | run                     | answer done, step closed
  none, and old           | run                     | refuse as expired EXPIRED
  succeeded               | run                     | run
  failed                  | run, step closed        | answer done, step closed
  parked                  | run, step closed        | answer done, step closed
  parked, held            | run, step closed        | answer done, step closed
  parked, call begun      | run, step in doubt      | run, step in doubt
  parked, call in flight  | wait                    | wait
  dead                    | run, step closed        | answer done, step closed
  dead, call begun        | run, step in doubt      | run, step in doubt
  closed                  | run, step closed        | answer done, step closed
  in doubt                | run                     | run
`)

/** The request to close a step, new here or taken up from custody. */
const close = tableOf(`
  step                    | verdict
  none                    | answer CLOSED, step closed
  none, and old           | refuse as expired EXPIRED
  succeeded               | answer done
  failed                  | answer REFUSED, step closed
  parked                  | answer CLOSED, step closed
  parked, held            | answer CLOSED, step closed
  parked, call begun      | answer IN_DOUBT, step in doubt
  parked, call in flight  | wait
  dead                    | answer CLOSED, step closed
  dead, call begun        | answer IN_DOUBT, step in doubt
  closed                  | answer CLOSED
  in doubt                | answer IN_DOUBT
`)

const envelope = { id: 'e', address: 'a', mandatory: true, headers: {}, body: '' }
const custody = newCustody(envelope)
const held = { ...custody, leaseMs: 1 }
const unprocessable = { failure: 'UNPROCESSABLE', payload: undefined }
const second = { ...handled(2), refusals: 1 }

/** Every record that a step or a compensation can have, at its second attempt. */
const records: { readonly [name: string]: Handling } = {
  succeeded: answered(second, { failure: undefined, payload: { id: 7 } }),
  failed: answered(second, { failure: 'REFUSED', payload: undefined }),
  parked: parked(second, custody, 'thrown'),
  'parked, held': { ...parked(second, custody, 'thrown'), custody: held },
  'parked, call begun': { ...parked(second, custody, 'thrown'), callBegun: true },
  'parked, call in flight': { ...parked(second, custody, 'thrown'), callBegun: true, custody: held },
  dead: dead(second, custody, 'thrown', unprocessable),
  'dead, call begun': { ...dead(second, custody, 'thrown', unprocessable), callBegun: true },
  closed: closed(second),
  'in doubt': inDoubt(second),
}
const attempts = { older: 1, same: 2, newer: 3 } as const
const truths = [true, false] as const

describe('a command that is on record', () => {
  const directions: readonly Direction[] = ['forward', 'compensation', 'close']
  test.each(rowsOf(again))('as $row, and comes as $column attempt: $verdict', ({ row, column, verdict }) => {
    for (const direction of directions) {
      for (const step of [undefined, ...Object.values(records)]) {
        for (const old of truths) {
          const command = commandOf(direction, { attempt: attempts[column as keyof typeof attempts] })
          const circumstances = { claimed: false, old, stepOld: old }
          expect(wordsOf(judge(command, { own: records[row], step }, circumstances), records[row])).toBe(verdict)
        }
      }
    }
  })

  test('is answered again with the very answer that was given, and so is a dead letter', () => {
    const command = commandOf('forward', { attempt: 2 })
    for (const name of ['succeeded', 'failed', 'dead']) {
      const verdict = judge(command, { own: records[name], step: undefined }, young)
      expect(verdict).toEqual({ do: 'answer again', answer: records[name]!.answer, own: records[name] })
    }
  })
})

describe('a step', () => {
  test('that is new is run', () => {
    expect(judge(commandOf('forward'), { own: undefined, step: undefined }, young)).toEqual({ do: 'run' })
  })

  test('that is older than the inbox remembers is refused, for it may have been here', () => {
    const verdict = judge(
      commandOf('forward'),
      { own: undefined, step: undefined },
      { ...young, old: true, stepOld: true },
    )
    expect(wordsOf(verdict)).toBe('refuse as expired EXPIRED')
  })

  test('that is taken up from custody is run, however old it is and whatever attempt it was', () => {
    for (const own of [records['parked, held'], records['parked, call in flight']]) {
      for (const old of truths) {
        const verdict = judge(
          commandOf('forward', { attempt: 1 }),
          { own, step: undefined },
          { claimed: true, old, stepOld: old },
        )
        expect(verdict).toEqual({ do: 'run' })
      }
    }
  })
})

describe('a compensation', () => {
  test.each(rowsOf(compensation))('of a step with the record $row, $column: $verdict', ({ row, column, verdict }) => {
    const step = row.startsWith('none') ? undefined : records[row]
    const stepSucceeded = column === 'known to have succeeded'
    for (const claimed of truths) {
      // A record tells what became of the step, however long ago that was.
      for (const stepOld of row === 'none' ? [false] : row === 'none, and old' ? [true] : truths) {
        const own = claimed ? records['parked, held'] : undefined
        const circumstances = { claimed, old: false, stepOld }
        expect(wordsOf(judge(commandOf('compensation', { stepSucceeded }), { own, step }, circumstances))).toBe(verdict)
      }
    }
  })

  test('that is itself older than the inbox remembers is refused: it may have run and be forgotten', () => {
    for (const step of [undefined, ...Object.values(records)]) {
      for (const stepSucceeded of truths) {
        const circumstances = { claimed: false, old: true, stepOld: true }
        const verdict = judge(commandOf('compensation', { stepSucceeded }), { own: undefined, step }, circumstances)
        expect(wordsOf(verdict)).toBe('refuse as expired EXPIRED')
      }
    }
  })
})

describe('the request to close a step', () => {
  test.each(rowsOf(close))('with the record $row: $verdict', ({ row, verdict }) => {
    const step = row.startsWith('none') ? undefined : records[row]
    for (const claimed of truths) {
      for (const stepOld of row === 'none' ? [false] : row === 'none, and old' ? [true] : truths) {
        const own = claimed ? records['parked, held'] : undefined
        expect(wordsOf(judge(commandOf('close'), { own, step }, { claimed, old: stepOld, stepOld }))).toBe(verdict)
      }
    }
  })

  test('gives the reply of a step that had run, for its compensation to be made of', () => {
    const verdict = judge(commandOf('close'), { own: undefined, step: records['succeeded'] }, young)
    expect(verdict).toEqual({ do: 'answer', answer: { failure: undefined, payload: { id: 7 } } })
  })

  test('leaves nothing in custody that could still be run', () => {
    for (const step of Object.values(records)) {
      const verdict = judge(commandOf('close'), { own: undefined, step }, young)
      if ('step' in verdict) expect(verdict.step).toMatchObject({ custody: undefined, answer: undefined })
    }
  })
})

const young = { claimed: false, old: false, stepOld: false }

function commandOf(direction: Direction, written: Partial<CommandMessage> = {}): CommandMessage {
  return {
    kind: 'command',
    id: 'm',
    type: 'shop.do',
    source: 'shop',
    payload: null,
    sentAt: 0,
    correlationId: 's',
    causationId: undefined,
    headers: {},
    sagaId: 's',
    step: 'a',
    direction,
    attempt: 1,
    firstSentAt: 0,
    stepFirstSentAt: 0,
    stepSucceeded: false,
    retry: { attempts: 5, forMs: 1, firstDelayMs: 1, delayMsMax: 1 },
    ...written,
  }
}

/** A verdict in the words of the tables. */
function wordsOf(verdict: Verdict, before?: Handling): string {
  const raised = 'own' in verdict && verdict.own !== undefined && verdict.own.attempt !== before?.attempt
  const answer =
    verdict.do === 'answer' || verdict.do === 'refuse as expired' ? ` ${verdict.answer.failure ?? 'done'}` : ''
  const step = 'step' in verdict && verdict.step !== undefined ? `, step ${verdict.step.state}` : ''
  return `${verdict.do}${answer}${step}${raised ? ', raised' : ''}`
}

function tableOf(text: string): readonly (readonly string[])[] {
  return text
    .trim()
    .split('\n')
    .map(line => line.split('|').map(cell => cell.trim()))
}

function rowsOf(table: readonly (readonly string[])[]): readonly { row: string; column: string; verdict: string }[] {
  const [head = [], ...lines] = table
  return lines.flatMap(([row = '', ...cells]) =>
    cells.map((verdict, at) => ({ row, column: head[at + 1] ?? '', verdict })),
  )
}
