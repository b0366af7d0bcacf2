import { expect, test } from 'vitest'
import { measuredOf } from '../sizing/measured.ts'
import { readSizingOptions } from '../sizing/options.ts'
import { isWritten, tablesOf } from '../sizing/page.ts'
import { sized } from '../sizing/set-ups.ts'

test('the page about sizing says what the newest figures come to', async () => {
  const { inFlight, ...wanted } = readSizingOptions([])
  expect(await isWritten(tablesOf(await measuredOf(sized, inFlight), wanted))).toBe(true)
})
