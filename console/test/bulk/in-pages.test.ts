import { describe, expect, test } from 'vitest'
import {
  type BulkPage,
  type BulkWork,
  doInPages,
  nothingYet,
  othersMax,
  type Pacing,
  type Tally,
} from '../../web/parts/bulk/in-pages.ts'

describe('what is done in pages', () => {
  test('goes on with the cursor of each page, tells how far it is, and ends with the last', async () => {
    const { work, asked } = workOf([page(['a', 'b'], '1'), page(['c'], '2'), page([], null)])
    const told = await doneWith(work)
    expect(asked).toEqual([null, '1', '2'])
    expect(told.map(({ looked, isOver }) => [looked, isOver])).toEqual([
      [2, false],
      [3, false],
      [3, true],
    ])
    expect(told.at(-1)!.counts).toEqual({ done: 3 })
  })

  test('stops after the page during which it is told to, and goes on from there', async () => {
    const stop = new AbortController()
    const { work, asked } = workOf([page(['a'], '1'), page(['b'], '2'), page(['c'], null)])
    const told = await doneWith(work, nothingYet, { signal: stop.signal }, () => stop.abort())
    expect(asked).toEqual([null])
    expect(await doneWith(work, told.at(-1))).toMatchObject([{ looked: 2 }, { looked: 3, isOver: true }])
    expect(asked).toEqual([null, '1', '2'])
  })

  test('keeps what was counted when a page fails, and asks for that page again', async () => {
    const { work, asked } = workOf([page(['a'], '1'), new Error('away'), page(['b'], null)])
    const told: Tally[] = []
    await expect(doInPages(work, nothingYet, 'because', unhurried, tally => told.push(tally))).rejects.toThrow('away')
    expect(await doneWith(work, told.at(-1))).toMatchObject([{ looked: 2, isOver: true }])
    expect(asked).toEqual([null, '1', '1'])
  })

  test('waits between pages as long as the page before takes at that pace, and not after the last', async () => {
    const pauses: number[] = []
    const { work } = workOf([page(['a', 'b', 'c', 'd'], '1'), page(['e'], null)])
    await doneWith(work, nothingYet, { perSecond: 8, pause: async ms => void pauses.push(ms) })
    expect(pauses).toEqual([500])
  })

  test('does not wait once it is told to stop', async () => {
    const stop = new AbortController()
    const pauses: number[] = []
    const { work } = workOf([page(['a'], '1')])
    const pacing = { perSecond: 1, signal: stop.signal, pause: async (ms: number) => void pauses.push(ms) }
    await doneWith(work, nothingYet, pacing, () => stop.abort())
    expect(pauses).toEqual([])
  })

  test('says of what was not done why, up to a limit', async () => {
    const many = Array.from({ length: othersMax + 5 }, (_, at) => String(at))
    const refused = { results: many.map(target => ({ target, outcome: 'refused' as const, says: 'no' })), next: null }
    const [tally] = await doneWith(workOf([refused]).work)
    expect(tally).toMatchObject({ looked: othersMax + 5, counts: { refused: othersMax + 5 } })
    expect(tally!.others).toHaveLength(othersMax)
  })
})

const unhurried: Pacing = { perSecond: undefined, signal: new AbortController().signal, pause: async () => {} }

function page(targets: readonly string[], next: string | null): BulkPage {
  return { results: targets.map(target => ({ target, outcome: 'done', says: 'redriven' })), next }
}

/** Answers with one after the other. */
function workOf(answers: readonly (BulkPage | Error)[]): {
  readonly work: BulkWork
  readonly asked: (string | null)[]
} {
  const asked: (string | null)[] = []
  const work: BulkWork = {
    async page(cursor) {
      asked.push(cursor)
      const answer = answers[asked.length - 1]!
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  return { work, asked }
}

async function doneWith(
  work: BulkWork,
  from: Tally = nothingYet,
  pacing: Partial<Pacing> = {},
  afterEach: () => void = () => {},
): Promise<readonly Tally[]> {
  const told: Tally[] = []
  await doInPages(work, from, 'because', { ...unhurried, ...pacing }, tally => {
    told.push(tally)
    afterEach()
  })
  return told
}
