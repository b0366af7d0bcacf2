import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../runner/test/eventually.ts'
import { services } from '../../wire.ts'
import { embeddedShop } from '../embedded-shop.ts'
import type { RunningShop } from '../shop.ts'

const executablePath =
  process.env['MAKEGOOD_TEST_BROWSER'] || ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => existsSync(path))

const missing = 'left out, there is no browser: apt-get install chromium, or MAKEGOOD_TEST_BROWSER=/path/to/chrome'

describe.skipIf(executablePath === undefined)(
  executablePath === undefined ? missing : 'the admin site in a browser',
  () => {
    let shop: RunningShop
    let browser: Browser
    beforeAll(async () => {
      shop = await embeddedShop()
      // Chromium does without its sandbox only if it is told to, and as root only without.
      const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
      browser = await chromium.launch({ executablePath: executablePath!, args })
    }, 120_000)
    afterAll(async () => {
      await browser?.close()
      await shop?.stop()
    })

    test.each([
      ['a desk, without scripts', { javaScriptEnabled: false, viewport: { width: 1280, height: 800 } }],
      ['a phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
    ])('at %s somebody signs in, changes a stock, redrives a dead letter and signs out', async (_name, options) => {
      await shop.send('stock.v1', '{"neither": "an order"}', { 'dop-msg-id': crypto.randomUUID() })
      const context = await browser.newContext({ ...options, baseURL: shop.urlOf(services.stock) })
      const page = await context.newPage()
      const refused: string[] = []
      page.on('console', message => message.type() === 'error' && refused.push(message.text()))
      const goTo = async (link: string) => {
        await page.getByRole('link', { name: link, exact: true }).first().click()
        await fits(page)
      }

      await page.goto('/admin/')
      await fits(page)
      await page.getByLabel('User name').fill('admin')
      await page.getByLabel('Password').fill('admin')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await fits(page)

      await goTo('Stocks')
      await goTo('1')
      await goTo('Change')
      const quantity = String(20 + Math.floor(Math.random() * 1_000))
      await page.getByLabel('quantity').fill('-1')
      await page.getByRole('button', { name: 'Save' }).click()
      expect(await page.getByRole('alert').innerText()).toContain('quantity')
      await page.getByLabel('quantity').fill(quantity)
      await page.getByRole('button', { name: 'Save' }).click()
      expect(await page.getByRole('status').innerText()).toBe('Stocks: 1 was changed.')
      const stocks = await (await fetch(`${shop.urlOf(services.stock)}/api/v1/stocks/`)).json()
      expect(stocks).toContainEqual({ id: 1, product_id: '1', quantity: Number(quantity) })

      await eventually(async () => {
        await goTo('Dead letters')
        expect(await page.getByRole('checkbox').count()).toBeGreaterThan(0)
      })
      await page.getByRole('checkbox').first().check()
      await page.getByRole('button', { name: 'Redrive the chosen ones' }).click()
      expect(await page.getByRole('status').innerText()).toBe('Dead letters: 1 dead letter is tried again now.')
      await goTo('Action log')
      expect(await page.locator('tr').allInnerTexts()).toEqual(
        expect.arrayContaining([expect.stringContaining('redrive'), expect.stringContaining('change')]),
      )

      await page.getByRole('button', { name: 'Sign out' }).click()
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Sign in')
      await page.goto('/admin/tables/stocks/')
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Sign in')
      // The policy of the pages forbids none of what they bring. (A form that is refused is answered with 422.)
      expect(refused.filter(text => !text.includes('422'))).toEqual([])
      await context.close()
    })
  },
)

/** Nothing has to be pushed aside to be read. */
async function fits(page: Page): Promise<void> {
  const [wanted, there] = await page.locator('html').evaluate(html => [html.scrollWidth, html.clientWidth])
  expect(wanted).toBeLessThanOrEqual(there!)
}
