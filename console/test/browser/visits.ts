import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { type Opened, openBrowser, openPage } from './browser.ts'
import type { OperatedServices } from './operated-services.ts'

/** Opens the console at a path as somebody. */
export type Visit = (who: keyof OperatedServices['tokens'] | 'nobody', path?: string) => Promise<Page>

/** For the tests beside it, each of which has pages of its own, and fails if one of them complained. */
export function visitsTo(console: () => Pick<OperatedServices, 'url' | 'tokens'>): Visit {
  let browser: Browser
  const opened: Opened[] = []
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterEach(async () => {
    // The policy of the pages forbids none of what they bring, and nothing in them breaks.
    const complaints = opened.flatMap(({ complaints }) => complaints)
    await Promise.all(opened.splice(0).map(({ close }) => close()))
    expect(complaints.filter(text => !/status of 4\d\d|ERR_INCOMPLETE_CHUNKED/.test(text))).toEqual([])
  })
  afterAll(() => browser?.close())
  return async (who, path = '') => {
    const { url, tokens } = console()
    const one = await openPage(browser, url, who === 'nobody' ? {} : { token: tokens[who] })
    opened.push(one)
    await one.page.goto(`${url}${path}`)
    return one.page
  }
}
