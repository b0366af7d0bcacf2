import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Direction } from '../../src/model/message.ts'
import { type Ask, type Input, progressOf, type RequestedAction } from '../../src/model/saga-state.ts'
import { sagaOf, Walk, type WrittenSaga, type WrittenStep } from './decide-walk.ts'

// `Walk` checks every promise of `decide` with every input; the tests here bring it into as many situations as they can.

describe('whatever is answered, in whatever order, however often', () => {
  test('every saga keeps its promises', () => {
    fc.assert(
      fc.property(
        written,
        fc.boolean(),
        hours,
        fc.array(move, { maxLength: 40 }),
        (stages, canClose, deadline, moves) => {
          moves.reduce(moved, begun(stages, canClose, deadline))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('every saga ends once its participants do as they are told and a person helps where one is called', () => {
    fc.assert(
      fc.property(written, fc.boolean(), fc.array(move, { maxLength: 25 }), (stages, canClose, moves) => {
        const walk = moves.reduce(moved, begun(stages, canClose, undefined))
        expect(helpedToItsEnd(walk).isOver).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('every definition of up to three steps', () => {
  test.each(smallDefinitions())('keeps its promises in every order of answers: $name', ({ stages }) => {
    for (const canClose of [true, false]) {
      const seen = new Set<string>()
      let front = [begun(stages, canClose, undefined)]
      for (let depth = 0; depth < (stages.length < 3 ? 4 : 3); depth += 1) {
        const next: Walk[] = []
        for (const walk of front) {
          for (const after of everythingAfter(walk)) {
            const key = JSON.stringify([after.state, after.sent.length])
            if (seen.has(key)) continue
            seen.add(key)
            next.push(after)
          }
        }
        front = next
      }
      expect(seen.size).toBeGreaterThan(0)
    }
  })
})

// ── Moves ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Move =
  | { readonly kind: 'answer'; readonly which: number; readonly outcome: number; readonly staleness: number }
  | { readonly kind: 'time'; readonly ms: number | 'due' }
  | { readonly kind: 'request'; readonly action: RequestedAction['kind']; readonly which: number }

function moved(walk: Walk, move: Move): Walk {
  switch (move.kind) {
    case 'answer': {
      if (walk.sent.length === 0) return walk
      const { step, direction, attempt } = walk.sent[move.which % walk.sent.length]!
      const outcomes = outcomesOf[direction]
      const failure = outcomes[move.outcome % outcomes.length]
      return walk.after(answerOf(step, direction, attempt - move.staleness, failure))
    }
    case 'time': {
      const now = move.ms === 'due' ? (walk.wakeAt ?? walk.now) : walk.now + move.ms
      return walk.after({ kind: 'time' }, now)
    }
    case 'request':
      return walk.after(requestOf(actionOf(walk, move.action, move.which)))
  }
}

function begun(stages: WrittenSaga, canClose: boolean, deadlineMs: number | undefined): Walk {
  return new Walk(sagaOf(stages, deadlineMs), canClose).after({ kind: 'start' })
}

/** What a participant may answer: `undefined` for success. */
const outcomesOf: { readonly [D in Direction]: readonly (string | undefined)[] } = {
  forward: [undefined, 'REFUSED', 'UNPROCESSABLE', 'EXPIRED'],
  compensation: [undefined, 'REFUSED', 'UNPROCESSABLE', 'EXPIRED'],
  close: [undefined, 'REFUSED', 'CLOSED', 'IN_DOUBT', 'UNPROCESSABLE', 'EXPIRED'],
}

function answerOf(step: string, direction: Direction, attempt: number, failure: string | undefined): Input {
  return {
    kind: 'answer',
    step,
    direction,
    attempt,
    failure,
    payload: failure === undefined ? `${step} is done` : null,
  }
}

function requestOf(action: RequestedAction): Input {
  return { kind: 'request', action, by: 'anna', reason: 'called' }
}

function actionOf({ definition }: Walk, kind: RequestedAction['kind'], which: number): RequestedAction {
  const steps = definition.stages.flat()
  const step = steps[which % steps.length]!.name
  switch (kind) {
    case 'skip':
      return { kind, step }
    case 'resolve':
      return { kind, step, reply: 'said by a person' }
    case 'retry':
    case 'compensate':
    case 'abandon':
      return { kind }
  }
}

/** All that can happen next: any answer to anything that was sent, time for what is due, and every request. */
function everythingAfter(walk: Walk): readonly Walk[] {
  const answers = walk.sent.flatMap(({ step, direction, attempt }) =>
    outcomesOf[direction].map(failure => walk.after(answerOf(step, direction, attempt, failure))),
  )
  const time = walk.wakeAt === undefined ? [] : [walk.after({ kind: 'time' }, walk.wakeAt)]
  const requests = (['retry', 'compensate', 'abandon'] as const).map(kind => walk.after(requestOf({ kind })))
  const words = walk.definition.stages
    .flat()
    .flatMap(({ name: step }) => [
      walk.after(requestOf({ kind: 'skip', step })),
      walk.after(requestOf({ kind: 'resolve', step, reply: 'said by a person' })),
    ])
  return [...answers, ...time, ...requests, ...words].filter(({ state }) => state !== walk.state)
}

/** Answers what is open, lets time pass for what pauses, and has a person speak where the saga is stuck. */
function helpedToItsEnd(from: Walk): Walk {
  let walk = from
  for (let turn = 0; turn < 100 && !walk.isOver; turn += 1) {
    if (walk.state.status === 'stuck') {
      const { code, step } = walk.state.trouble
      const isUnknowable = code === 'IN_DOUBT' && step !== undefined
      walk = walk.after(
        requestOf(isUnknowable ? { kind: 'resolve', step, reply: 'said by a person' } : { kind: 'retry' }),
      )
      continue
    }
    const open = Object.entries(progressOf(walk.state)).flatMap(([step, { forward, back }]): Open[] => {
      if (back !== undefined && 'ask' in back)
        return [{ step, direction: back.state === 'closing' ? 'close' : 'compensation', asking: back }]
      if ('ask' in forward)
        return [{ step, direction: forward.state === 'closing' ? 'close' : 'forward', asking: forward }]
      return []
    })
    const answerable = open.find(({ asking }) => asking.state !== 'pausing')
    walk =
      answerable === undefined
        ? walk.after({ kind: 'time' }, Math.max(walk.wakeAt ?? walk.now, walk.now))
        : walk.after(answerOf(answerable.step, answerable.direction, answerable.asking.ask.attempt, undefined))
  }
  return walk
}

interface Open {
  readonly step: string
  readonly direction: Direction
  readonly asking: { readonly state: string; readonly ask: Ask }
}

// ── Definitions ───────────────────────────────────────────────────────────────────────────────────────────────────────

const undoable: fc.Arbitrary<WrittenStep> = fc.record({
  kind: fc.constantFrom('compensatable', 'compensatable', 'best-effort'),
  isLeftOut: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  compensation: fc.constantFrom('known and in doubt', 'known', 'elsewhere', 'not needed'),
})
const certain: fc.Arbitrary<WrittenStep> = fc.record({
  kind: fc.constantFrom('retriable', 'best-effort'),
  isLeftOut: fc.boolean(),
})
const written: fc.Arbitrary<WrittenSaga> = fc
  .tuple(
    fc.array(fc.array(undoable, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    fc.boolean(),
    fc.array(fc.array(certain, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
  )
  .map(([before, hasPivot, after]) => [...before, ...(hasPivot ? [[{ kind: 'pivot' } as const]] : []), ...after])
  .filter(stages => stages.length > 0)
const hours = fc.option(
  fc.integer({ min: 1, max: 48 }).map(count => count * 3_600_000),
  { nil: undefined },
)

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answer'),
      // Later ones more often: they are what is open.
      which: fc.nat({ max: 60 }),
      outcome: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.nat({ max: 11 }) }),
      staleness: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('time'),
      ms: fc.oneof(fc.constant('due'), fc.integer({ min: 0, max: 7_200_000 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('request'),
      action: fc.constantFrom('retry', 'retry', 'compensate', 'abandon', 'skip', 'resolve'),
      which: fc.nat({ max: 10 }),
    }),
  },
) as fc.Arbitrary<Move>

function smallDefinitions(): readonly { readonly name: string; readonly stages: WrittenSaga }[] {
  const letters: { readonly [letter: string]: WrittenStep } = {
    C: { kind: 'compensatable' },
    'C?': { kind: 'compensatable', compensation: 'known' },
    B: { kind: 'best-effort' },
    P: { kind: 'pivot' },
    R: { kind: 'retriable' },
  }
  const isInOrder = (word: readonly string[]): boolean => {
    const turn = word.findIndex(letter => letter === 'P' || letter === 'R')
    return turn === -1 || word.slice(turn + 1).every(letter => letter === 'R' || letter === 'B')
  }
  const words = [1, 2, 3].flatMap(length =>
    Array.from({ length: 5 ** length }, (_, number) =>
      Array.from({ length }, (_none, place) => Object.keys(letters)[Math.floor(number / 5 ** place) % 5]!),
    ),
  )
  const inTurn = words
    .filter(isInOrder)
    .map(word => ({ name: word.join(' '), stages: word.map(letter => [letters[letter]!]) }))
  const pairs = ['C C', 'C B', 'C? C'].map(pair => ({
    name: `(${pair})`,
    stages: [pair.split(' ').map(letter => letters[letter]!)],
  }))
  return [...inTurn, ...pairs]
}
