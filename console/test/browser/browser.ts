import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

const executablePath =
  process.env['MAKEGOOD_TEST_BROWSER'] || ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => existsSync(path))

/** Why tests in a browser are left out; undefined if there is one. */
export const noBrowser: string | undefined =
  executablePath === undefined
    ? 'left out, there is no browser: apt-get install chromium, or MAKEGOOD_TEST_BROWSER=/path/to/chrome'
    : undefined

/** Builds the pages of the console from these sources. Resolves with a folder that nobody builds anew meanwhile. */
export async function builtPages(): Promise<string> {
  const inConsole = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
  await promisify(execFile)(process.execPath, [inConsole('build.mjs')])
  const folder = await mkdtemp(join(tmpdir(), 'console-'))
  await cp(inConsole('dist'), folder, { recursive: true })
  return folder
}

export async function openBrowser(): Promise<Browser> {
  // Chromium does without its sandbox only if it is told to, and as root only without.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: executablePath!, args })
}

export const desk: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }
export const phone: BrowserContextOptions = { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true }

/** A page of the console, and what the browser complained of on it. */
export interface Opened {
  readonly page: Page
  readonly complaints: readonly string[]
  close(): Promise<void>
}

/** Opens a page; with a token it is signed in. */
export async function openPage(
  browser: Browser,
  url: string,
  { token, ...options }: BrowserContextOptions & { readonly token?: string } = {},
): Promise<Opened> {
  const context = await browser.newContext({ ...desk, ...options })
  if (token !== undefined) {
    const headers = { 'x-makegood-console': '1' }
    const answer = await context.request.post(`${url}/api/session`, { headers, data: { token } })
    expect(answer.ok(), await answer.text()).toBe(true)
  }
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
  return { page, complaints, close: () => context.close() }
}

/** What WCAG's levels A and AA find wrong with a page as it is. */
export async function barriersOn(page: Page): Promise<readonly string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
  return saidOf(await new AxeBuilder({ page }).withTags(tags).analyze())
}

/** What bars anybody from a page, at a desk and on a phone, in light colours and in dark ones. */
export async function barriersEverywhereOn(page: Page): Promise<readonly string[]> {
  const found: string[] = []
  for (const [where, { viewport }] of Object.entries({ phone, desk })) {
    await page.setViewportSize(viewport!)
    await page.emulateMedia({ colorScheme: 'light' })
    await settled(page)
    if (!(await fits(page))) found.push(`${where}: something has to be pushed aside to be read`)
    found.push(...(await barriersOn(page)).map(says => `${where}, light: ${says}`))
    await page.emulateMedia({ colorScheme: 'dark' })
    await settled(page)
    // Nothing but colours is other than it was.
    const inDark = await new AxeBuilder({ page }).withRules('color-contrast').analyze()
    found.push(...saidOf(inDark).map(says => `${where}, dark: ${says}`))
  }
  return found
}

function saidOf({ violations }: Pick<Awaited<ReturnType<AxeBuilder['analyze']>>, 'violations'>): readonly string[] {
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}

/** Until the page is drawn as it is to stay: colours that change on their way are those of no theme. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    const ending = document.getAnimations().filter(each => each.effect.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(ending.map(each => each.finished))
  })()`)
}

/** Nothing has to be pushed aside to be read. */
export async function fits(page: Page): Promise<boolean> {
  return page.locator('html').evaluate(html => html.scrollWidth <= html.clientWidth)
}
