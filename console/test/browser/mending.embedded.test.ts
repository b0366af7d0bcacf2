import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noBrowser, type Opened, openBrowser, openPage } from './browser.ts'
import { hostile, huge } from './hostile.ts'
import { openShop, type Shop, tooMuch } from './shop.ts'
import { busyMs, says } from './words.ts'

describe.skipIf(noBrowser !== undefined)(
  noBrowser ?? 'what went wrong is put right in the console',
  { timeout: 4 * busyMs },
  () => {
    let shop: Shop
    let browser: Browser
    let operator: Opened
    let admin: Opened
    beforeAll(async () => {
      ;[shop, browser] = await Promise.all([openShop(), openBrowser()])
      operator = await openPage(browser, shop.url, { token: shop.tokens.operator })
      admin = await openPage(browser, shop.url, { token: shop.tokens.admin })
    })
    beforeEach(() => shop.mend())
    afterAll(async () => {
      await browser?.close()
      await shop?.close()
    })

    const orders = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, at) => ({ orderId: `${prefix}-${at}`, amount: 1, note: prefix }))

    /** Each of them once. */
    async function allMailed(prefix: string, count: number): Promise<void> {
      await handled(() => orders(prefix, count).filter(({ orderId }) => shop.mails(orderId) === 1).length, count)
    }

    /** The mail's letters of orders that were told of while it was out of order. */
    async function deadMail(prefix: string, count = 1): Promise<void> {
      shop.works.mail = false
      await shop.tell(...orders(prefix, count))
      await handled(() => shop.deadLetters('mail'), count)
    }

    test('a group of dead letters is redriven after a fix, page by page, and its cause stands in the audit', async () => {
      await deadMail('fixed', 210)
      shop.works.mail = true
      const { page } = operator
      await page.goto(`${shop.url}/failures`)
      await page.getByRole('link', { name: 'orders.placed' }).click()
      await heading(page, 'orders.placed: 210 dead letters')
      await page.getByRole('button', { name: 'Redrive all of them' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Dry run' }).click()
      await says(dialog, 'This is what would happen to the first 200')
      await says(dialog, '200 would be done')
      expect(await shop.deadLetters('mail')).toBe(210)
      await dialog.getByLabel('Reason').fill(`the printer was put out: ${hostile}`)
      await dialog.getByRole('button', { name: 'Redrive' }).click()
      await says(dialog, 'That is all of them.')
      await says(dialog, '210 done')
      await dialog.getByRole('button', { name: 'Close', exact: true }).click()
      await says(page.locator('body'), 'Nothing fails for this reason any more.')
      await allMailed('fixed', 210)

      await page.goto(`${shop.url}/audit?action=redrive`)
      await says(page.getByRole('row').nth(1), 'the printer was put out: <img src=x')
      expect(await page.title()).toBe('Audit · Console')
    })

    test('what is redriven before its cause is put right comes back, once', async () => {
      await deadMail('unmended')
      const { page } = operator
      await page.goto(`${shop.url}/dead-letters?service=mail`)
      await page.getByRole('link', { name: 'orders.placed' }).click()
      await act(page, 'Redrive it', 'Redrive', 'hoping for the best')
      await says(page.getByRole('dialog'), '1 done')
      await page.getByRole('button', { name: 'Close', exact: true }).click()
      await expect.poll(() => shop.deadLetters('mail')).toBe(1)
      await page.reload()
      await heading(page, 'Dead letter: orders.placed')
      expect(shop.mails('unmended-0')).toBe(0)
    })

    test('it goes no faster than it may, is stopped between two pages, and goes on where it was stopped', async () => {
      await deadMail('slow', 210)
      shop.works.mail = true
      const { page } = operator
      await page.goto(`${shop.url}/failures`)
      await page.getByRole('link', { name: 'orders.placed' }).click()
      await page.getByRole('button', { name: 'Redrive all of them' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('No more than so many a second').fill('20')
      await dialog.getByLabel('Reason').fill('slowly')
      await dialog.getByRole('button', { name: 'Redrive' }).click()
      await says(dialog, '200 of about 21')
      await dialog.getByRole('button', { name: 'Stop after this page' }).click()
      await says(dialog, 'Stopped. What was done stays done.')
      expect(await shop.deadLetters('mail')).toBeGreaterThan(0)
      await dialog.getByRole('button', { name: 'Go on' }).click()
      await says(dialog, 'That is all of them.')
      await dialog.getByRole('button', { name: 'Close', exact: true }).click()
      await allMailed('slow', 210)
    })

    test('all sagas that are stuck for one reason are retried together', async () => {
      shop.works.billing = false
      const ids = await Promise.all(orders('stuck', 3).map(order => shop.order(order)))
      for (const id of ids) await expect.poll(() => shop.statusOf(id)).toBe('stuck')
      shop.works.billing = true
      const { page } = operator
      await page.goto(`${shop.url}/failures?kind=stuck+saga`)
      await page.getByRole('link', { name: 'checkout' }).click()
      await heading(page, 'checkout: 3 stuck sagas')
      await act(page, 'Retry all of them', 'Retry', 'the ledger is open again')
      await says(page.getByRole('dialog'), '3 done')
      for (const id of ids) await expect.poll(() => shop.statusOf(id)).toBe('completed')
      await page.getByRole('button', { name: 'Close', exact: true }).click()
      await says(page.locator('body'), 'Nothing fails for this reason any more.')
    })

    test('some are chosen and discarded by an admin, which an operator may not', async () => {
      await deadMail('unwanted', 3)
      await operator.page.goto(`${shop.url}/dead-letters?service=mail`)
      const discard = operator.page.getByRole('button', { name: 'Discard' })
      expect(await discard.getAttribute('aria-disabled')).toBe('true')
      expect(await discard.getAttribute('title')).toBe('This needs the role admin.')

      const { page } = admin
      await page.goto(`${shop.url}/dead-letters?service=mail`)
      await expect.poll(() => page.getByRole('checkbox').count()).toBe(4)
      await page.getByRole('checkbox').nth(1).check()
      await page.getByRole('checkbox').nth(2).check()
      await act(page, 'Discard the 2 chosen', 'Discard for good', 'test orders')
      await says(page.getByRole('dialog'), '2 done')
      await page.getByRole('button', { name: 'Close', exact: true }).click()
      await expect.poll(() => page.getByRole('checkbox').count()).toBe(2)
      expect(await shop.deadLetters('mail')).toBe(1)
      await page.getByLabel('All on this page').check()
      await act(page, 'Discard the chosen one', 'Discard for good', 'and the last one')
      await page.getByRole('button', { name: 'Close', exact: true }).click()
      await says(page.locator('body'), 'Nothing here fits.')
    })

    test('what is masked is shown to an admin for a reason, and is not edited before', async () => {
      const id = await shop.order({ orderId: 'private', amount: tooMuch + 1, email: 'jane@example.org' })
      await expect.poll(() => shop.statusOf(id)).toBe('stuck')
      const { page } = admin
      await page.goto(`${shop.url}/dead-letters?service=billing`)
      await page.getByRole('link', { name: 'billing.bill' }).click()
      await says(page.locator('body'), '•••')
      expect(await page.getByText('jane@example.org').count()).toBe(0)
      const edit = page.getByRole('button', { name: 'Edit and redrive it' })
      expect(await edit.getAttribute('title')).toBe('Some of it is masked: show it first.')
      await page.getByRole('button', { name: 'Show them' }).click()
      await page.getByRole('dialog').getByLabel('Reason').fill('the customer called')
      await page.getByRole('dialog').getByRole('button', { name: 'Show them' }).click()
      await says(page.locator('body'), 'jane@example.org')
      expect(await edit.getAttribute('aria-disabled')).toBeNull()
      await page.goto(`${shop.url}/audit?action=reveal`)
      await says(page.getByRole('row').nth(1), 'the customer called')
    })

    test('whatever a customer wrote is shown as text and breaks nothing', async () => {
      shop.works.mail = false
      await shop.tell({ orderId: 'hostile', amount: 1, note: `${hostile} ${huge}` })
      await expect.poll(() => shop.deadLetters('mail')).toBe(1)
      const { page } = operator
      await page.goto(`${shop.url}/dead-letters?service=mail`)
      await page.getByRole('link', { name: 'orders.placed' }).click()
      await heading(page, 'Dead letter: orders.placed')
      const error = page.getByRole('region', { name: 'Error' })
      await says(error, `<img src=x onerror="document.title='taken'">`)
      await says(error, '\\u{1b}[31mred')
      await says(error, 'exe.\\u{202e}gpj.tac')
      await says(page.getByRole('region', { name: 'Body' }), '{{7*7}}')
      expect(await page.title()).toContain('Dead letter')
      expect(await page.locator('img[src="x"]').count()).toBe(0)
    })

    test('the browser complained of nothing', () => {
      expect([...operator.complaints, ...admin.complaints]).toEqual([])
    })
  },
)

async function act(page: Page, button: string, verb: string, reason: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill(reason)
  await dialog.getByRole('button', { name: verb }).click()
}

/** Two hundred messages take their time where several databases run in one process. */
async function handled(count: () => number | Promise<number>, wanted: number): Promise<void> {
  await expect.poll(count, { timeout: 2 * busyMs }).toBe(wanted)
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
}
