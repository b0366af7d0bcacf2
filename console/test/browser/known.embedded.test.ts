import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { barriersEverywhereOn, noBrowser, type Opened, openBrowser, openPage } from './browser.ts'
import { hostile, huge } from './hostile.ts'
import { openShop, type Shop, tooMuch } from './shop.ts'
import { busyMs, choose, says } from './words.ts'

describe.skipIf(noBrowser !== undefined)(
  noBrowser ?? 'what services know is seen in the console',
  { timeout: 4 * busyMs },
  () => {
    let shop: Shop
    let browser: Browser
    let page: Page
    let complaints: readonly string[]
    beforeAll(async () => {
      ;[shop, browser] = await Promise.all([openShop(), openBrowser()])
      const opened = await openPage(browser, shop.url, { token: shop.tokens.operator })
      page = opened.page
      complaints = opened.complaints
    })
    afterAll(async () => {
      await browser?.close()
      await shop?.close()
    })

    const main = () => page.locator('main')
    const go = async (path: string) => {
      await page.goto(`${shop.url}${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
    }
    const asReader = async (look: (page: Page) => Promise<void>) => {
      const reader = await openPage(browser, shop.url, { token: shop.tokens.reader })
      await look(reader.page)
      expect(reader.complaints).toEqual([])
      await reader.close()
    }

    test('where there is nothing, a page says what that means', async () => {
      for (const [path, text] of [
        ['/failures', 'Nothing fails.'],
        ['/dead-letters', 'There are no dead letters.'],
        ['/dead-letters?state=parked', 'Nothing is parked.'],
        ['/dead-letters?type=none.such', 'Nothing here fits.'],
        ['/dead-letters/letter?service=mail&identity=none', 'It is neither a dead letter nor parked.'],
        ['/failures/mail/0123456789abcdef', 'Nothing fails for this reason any more.'],
        ['/audit', 'Nobody has done anything yet.'],
        ['/definitions/none', 'No service that answers hosts it.'],
        ['/runbooks/none', 'There is no such runbook.'],
      ] as const) {
        await go(path)
        await says(main(), text)
      }
    })

    test('a definition shows how many sagas stand at which step as they come there, and leads to them', async () => {
      shop.works.billing = false
      shop.works.mail = false
      await go('/definitions')
      await page.getByRole('link', { name: 'checkout' }).click()
      await page.getByText('billing.bill').first().waitFor()
      for (const orderId of ['1', '2']) await shop.order({ orderId, amount: 1, note: hostile })
      await shop.order({ orderId: '3', amount: tooMuch + 1, note: hostile })
      await shop.tell({ orderId: '4', amount: 1, note: `${hostile} ${huge}` })

      const step = page.getByRole('link', { name: 'billing.bill' })
      await says(step, '3 stuck')
      await step.press('Enter')
      await expect.poll(() => page.url()).toContain('/sagas?definition=checkout&version=1&step=billing')
    })

    test('a choreography is drawn in the same way', async () => {
      await go('/definitions/mailing')
      const reaction = page.getByRole('link', { name: 'reacts' })
      await says(reaction, '1 saga')
      await says(main(), 'mail.sent')
      await reaction.click()
      await expect.poll(() => new URL(page.url()).searchParams.get('step')).toBe('orders.placed in mail')
    })

    test('a group leads to its runbook, and runbooks to each other', async () => {
      await go('/failures?kind=dead+letter&service=mail')
      await page.getByRole('link', { name: 'dead-letters' }).click()
      await page.getByRole('heading', { level: 1, name: 'Dead letters' }).waitFor()
      await main().getByRole('link', { name: 'parked' }).click()
      await page.getByRole('heading', { level: 1, name: 'Parked messages' }).waitFor()
      await page.getByRole('link', { name: 'All runbooks' }).click()
      await main().getByRole('link', { name: 'nobody answered' }).waitFor()
    })

    test('what is chosen stands in the address, and is chosen again when it is opened', async () => {
      await go('/dead-letters')
      await choose(page, 'Service', 'billing')
      await page.getByLabel('Type').fill('billing.bill')
      await expect.poll(() => page.url()).toContain('?service=billing&type=billing.bill')
      await page.reload()
      await page.getByRole('link', { name: 'billing.bill' }).waitFor()
      expect(await page.getByLabel('Type').inputValue()).toBe('billing.bill')
      await page.getByText('Parked messages').click()
      await says(main(), 'Nothing here fits.')
      await page.getByRole('link', { name: 'Show all' }).click()
      await says(main(), 'Nothing is parked.')
    })

    test('the audit is for operators, and a reader is told so', async () => {
      await asReader(async page => {
        await page.goto(`${shop.url}/audit`)
        await page.getByText('The audit is for operators.').waitFor()
      })
    })

    test('a reader sees what may be done, and which role it needs', async () => {
      await asReader(async page => {
        await page.goto(`${shop.url}/failures?kind=stuck+saga`)
        await page.getByRole('link', { name: 'checkout' }).first().click()
        const retry = page.getByRole('button', { name: 'Retry all of them' })
        await retry.waitFor()
        await page.keyboard.press('Tab')
        await retry.focus()
        await page.getByRole('tooltip', { name: 'This needs the role operator.' }).waitFor()
        await retry.press('Enter')
        expect(await page.getByRole('dialog').count()).toBe(0)
      })
    })

    test('a page that gets no answer says so, and what to do', async () => {
      await go('/services')
      await says(main(), 'billing')
      await page.context().setOffline(true)
      await page.getByRole('link', { name: 'Failures' }).click()
      await says(page.getByRole('alert'), 'server does not answer')
      await page.context().setOffline(false)
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByRole('table').waitFor()
    })

    describe('at a desk and on a phone, in light and in dark everybody can read', () => {
      let opened: Opened
      beforeAll(async () => {
        opened = await openPage(browser, shop.url, { token: shop.tokens.admin })
      })
      afterAll(() => opened?.close())

      const isReadable = async () => {
        const { page, complaints } = opened
        await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
        expect(await barriersEverywhereOn(page)).toEqual([])
        expect(complaints).toEqual([])
      }

      test.each([
        '/definitions',
        '/definitions/checkout',
        '/definitions/mailing',
        '/failures',
        '/dead-letters',
        '/services',
        '/audit',
        '/runbooks',
        '/runbooks/dead-letters',
      ])('%s', async path => {
        await opened.page.goto(`${shop.url}${path}`)
        await opened.page.getByRole('heading', { level: 1 }).waitFor()
        await isReadable()
      })

      test('a letter', async () => {
        const { page } = opened
        await page.goto(`${shop.url}/dead-letters?service=mail`)
        await page.getByRole('link', { name: 'orders.placed' }).click()
        await page.getByRole('heading', { name: 'Body' }).waitFor()
        await isReadable()
      })

      test('a group, and the dialog over it', async () => {
        const { page } = opened
        await page.goto(`${shop.url}/failures?kind=dead+letter&service=mail`)
        await page.getByRole('link', { name: 'orders.placed' }).click()
        const redrive = page.getByRole('button', { name: 'Redrive all of them' })
        await redrive.click()
        const dialog = page.getByRole('dialog')
        await dialog.getByRole('button', { name: 'Dry run' }).click()
        await says(dialog, 'would be done')
        await isReadable()
      })
    })

    test('of a service that is away it is said which, and how old is what was known', async () => {
      await go('/services')
      const mail = page.getByRole('region', { name: 'mail' })
      await says(mail, '1 dead')
      await shop.endMail()
      await says(main(), 'A service does not answer')
      await says(main(), 'What is shown of it is from')
      await says(mail, '1 dead')
      await page.getByRole('link', { name: 'Dead letters' }).click()
      await says(main(), 'A service does not answer')
    })

    test('the browser complained of nothing but the network', () => {
      expect(complaints.filter(text => !text.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([])
    })
  },
)
