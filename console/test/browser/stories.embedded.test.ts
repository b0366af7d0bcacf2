import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noBrowser } from './browser.ts'
import { type Order, type OrderShop, openOrderShop } from './order-shop.ts'
import { kept } from './screenshots.ts'
import { visitsTo } from './visits.ts'
import { busyMs, says } from './words.ts'

const guide = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')

/** As they are called in `docs/operations.md`, which tells each of them. */
const stories = [...guide.matchAll(/^### (\d+\. .+)$/gm)].map(([, title]) => title!)

const walked: string[] = []

describe.skipIf(noBrowser !== undefined)(
  noBrowser ?? 'the stories of docs/operations.md',
  { timeout: 6 * busyMs },
  () => {
    let shop: OrderShop
    beforeAll(async () => {
      shop = await openOrderShop()
    })
    beforeEach(async () => {
      await Promise.all(['customer-service', 'inventory-service'].map(shop.start))
      Object.assign(shop.world, { carrier: 'drives', bank: 'pays back', release: 'newer' })
    })
    afterAll(() => shop?.close())
    const as = visitsTo(() => shop)

    story('1. A stuck saga, from the alert to its end', async () => {
      Object.assign(shop.world, { carrier: 'does not drive', bank: 'refuses to pay back' })
      const id = await orderThatEnds('stuck', { orderId: 'order-4711' })
      const page = await as('operator')
      await kept(page, '1-overview', { height: 700 })
      await page.getByRole('link', { name: '1 checkout is stuck at payment (FAILED)' }).click()
      await page.getByRole('link', { name: 'order-4711' }).click()
      await says(whatHasHappened(page), 'It is stuck at the step payment, while it was being made good')
      await says(whatHasHappened(page), 'The account was closed')
      await says(whatHasHappened(page), 'Refused with REFUND_NOT_ALLOWED in all its attempts')
      const runbook = whatHasHappened(page).getByRole('link', { name: 'runbook' })
      expect(await runbook.getAttribute('href')).toContain('stuck-failed')
      await says(page.locator('#way .graph-node[data-tone="stuck"]'), 'undo payment')
      await kept(page, '1-stuck', { height: 960 })

      await action(page, 'Resolve a step')
      await says(page.getByRole('dialog'), 'The saga goes from stuck to compensated.')
      await confirm(page, 'Resolve a step', 'Refunded by transfer')
      await says(whatHasHappened(page), 'It was cancelled, and what it had done was made good')
      await says(page.locator('#timeline'), 'payment counts as undone, by hand')
      expect(await shop.statusOf(id)).toBe('compensated')
      await page.getByRole('link', { name: 'what people did with it' }).click()
      await says(page.getByRole('row').nth(1), 'otto resolve payment: stuck → compensated checkout order-4711')
      await says(page.getByRole('row').nth(1), 'Refunded by transfer')
      await page.getByRole('link', { name: 'Overview' }).click()
      await says(page.locator('main'), 'Nothing needs you.')
    })

    story('2. A group of dead letters, after the fix', async () => {
      Object.assign(shop.world, { carrier: 'does not drive', release: 'older' })
      const ids = await ordersThatEnd('stuck', 30, 'refund')
      const page = await as('operator', '/failures')
      const line = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'payment.refund' }) })
      await says(line, 'payment.refund')
      await says(line, '30')
      await line.getByRole('link', { name: 'payment.refund' }).click()
      await says(page.getByRole('heading', { level: 1 }), 'payment.refund: 30 dead letters')
      await says(page.locator('main'), 'this release knows numbers alone')
      await page.getByRole('button', { name: 'Redrive all of them' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('No more than so many a second').fill('30')
      await dialog.getByRole('button', { name: 'Dry run' }).click()
      await says(dialog, '30 would be done')
      await kept(page, '2-failures')

      shop.world.release = 'newer'
      await confirm(page, 'Redrive', 'Release 7.2 reads it')
      await says(dialog, '30 done')
      await dialog.getByRole('button', { name: 'Close', exact: true }).click()
      await says(page.locator('main'), 'Nothing fails for this reason any more.')
      await allEnd(ids, 'compensated')
      await page.getByRole('link', { name: 'Overview' }).click()
      await says(page.locator('main'), 'Nothing needs you.')
    })

    story('3. A finished order, taken back on request', async () => {
      const id = await orderThatEnds('completed', { orderId: 'order-812' })
      const page = await as('operator', '/sagas')
      await page.getByLabel('Business key').fill('order-812')
      await page.waitForURL(/key=order-812/)
      await expect.poll(() => keysOn(page), { timeout: busyMs }).toEqual(['order-812'])
      await page.getByRole('link', { name: 'order-812' }).click()
      await says(whatHasHappened(page), 'It completed')
      await action(page, 'Compensate')
      const dialog = page.getByRole('dialog')
      await says(dialog, 'The saga goes from completed to compensating.')
      await says(dialog, 'asks to undo shipping-service: shipping.cancel')
      await says(dialog, 'To be undone, in this order: shipping, then inventory, then payment.')
      await kept(page, '3-compensate')
      await confirm(page, 'Compensate', 'Customer withdrew, ticket 812')
      await says(whatHasHappened(page), 'otto asked for it: “Customer withdrew, ticket 812”.')
      await says(whatHasHappened(page), 'Undone: shipping, inventory and payment.')
      expect(await shop.statusOf(id)).toBe('compensated')
    })

    story('4. Why was this order cancelled?', async () => {
      shop.world.carrier = 'does not drive'
      await orderThatEnds('compensated', { orderId: 'order-3f2c9d1e' })
      const page = await as('reader', '/sagas')
      await page.getByRole('group', { name: 'Status' }).getByRole('button', { name: 'compensated' }).click()
      await page.getByLabel('Text in its data').fill('3f2c9d1e')
      await page.waitForURL(/text=3f2c9d1e/)
      await expect.poll(() => keysOn(page), { timeout: busyMs }).toEqual(['order-3f2c9d1e'])
      await page.getByRole('link', { name: 'order-3f2c9d1e' }).click()
      await says(
        whatHasHappened(page),
        'shipping-service refused the step shipping with PROVIDER_UNAVAILABLE: “Shipping provider unavailable”.',
      )
      await says(whatHasHappened(page), 'Undone: inventory and payment.')
      await says(whatHasHappened(page), 'Nothing is left to do: it has ended.')
      await says(
        page.locator('#timeline'),
        /payment succeeded .* shipping-service refused shipping .* payment is undone/,
      )
      await kept(page, '4-cancelled', { height: 900 })
    })

    story('5. A choreographed order, followed', async () => {
      await shop.end('customer-service')
      const id = await shop.tell('order-5')
      const page = await as('operator', `/sagas?key=${id.slice(id.indexOf('/') + 1)}`)
      await page.getByRole('row').nth(1).getByRole('link').first().click()
      await says(whatHasHappened(page), 'It is under way: it waits for customer-service to react to order.created.')
      await says(whatHasHappened(page), 'customer-service does not answer the console: is it running?')
      await says(page.locator('#way .graph-node[data-tone="open"]'), 'customer-service')
      await action(page, 'Retry now')
      await says(page.getByRole('dialog'), 'No message is sent.')
      await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click()
      await kept(page, '5-choreography', { height: 900 })
      await page.getByRole('link', { name: 'Services', exact: true }).first().click()
      await says(page.locator('main'), 'A service does not answer')
      await page.goBack()

      await shop.start('customer-service')
      await says(whatHasHappened(page), 'It completed')
    })

    story('6. A service is away', async () => {
      const page = await as('operator', `/sagas/${await orderThatEnds('completed', { orderId: 'order-6' })}`)
      await says(page.locator('#timeline'), 'inventory-service received inventory.reserve and carried it out')
      await page.getByRole('link', { name: 'Services', exact: true }).click()
      await page.getByRole('region', { name: 'inventory-service' }).waitFor()
      await shop.end('inventory-service')
      await says(page.locator('main'), 'A service does not answer')
      await says(page.locator('main'), /What is shown of it is from (now|\d+ s ago)\./)
      await says(page.getByRole('region', { name: 'inventory-service' }), 'does not answer')
      await kept(page, '6-services')
      await page.getByRole('link', { name: 'Overview' }).click()
      await says(page.locator('main'), 'A service does not answer')
      const ids = await Promise.all(['6a', '6b'].map(name => shop.order({ orderId: `order-${name}` })))
      await page.goto(`${shop.url}/sagas?step=inventory&status=running`)
      await expect.poll(() => keysOn(page), { timeout: busyMs }).toEqual(['order-6b', 'order-6a'])
      await page.getByRole('link', { name: 'order-6a' }).click()
      await says(whatHasHappened(page), 'It is under way: it waits for inventory.')
      await says(whatHasHappened(page), 'inventory-service does not answer the console: is it running?')
      await says(whatHasHappened(page), 'Look after inventory-service; the saga goes on by itself when it answers.')

      await shop.start('inventory-service')
      await allEnd(ids, 'completed')
      await says(whatHasHappened(page), 'It completed')
    })

    story('7. Two operators at once', async () => {
      Object.assign(shop.world, { carrier: 'does not drive', bank: 'refuses to pay back' })
      const id = await orderThatEnds('stuck', { orderId: 'order-7' })
      const [first, second] = [await as('operator', `/sagas/${id}`), await as('admin', `/sagas/${id}`)]
      await action(second, 'Abandon')
      const dialog = second.getByRole('dialog')
      await says(dialog, 'The saga goes from stuck to abandoned.')
      await says(dialog, 'On its way: payment.')
      await dialog.getByLabel('Reason').fill('Given up')
      await action(first, 'Resolve a step')
      await confirm(first, 'Resolve a step', 'Refunded by transfer')
      await says(dialog, 'It has changed since you began to decide')
      await says(dialog, 'It was stuck, and is compensated now.')
      await says(dialog, 'otto asks: resolve payment. Reason: “Refunded by transfer”')
      expect(await dialog.getByRole('button', { name: 'Abandon' }).isDisabled()).toBe(true)
      await kept(second, '7-changed')
      await second.goto(`${shop.url}/audit?target=${id}`)
      await says(second.getByRole('row').nth(1), 'otto resolve payment')
      expect(await second.getByRole('row').count()).toBe(2)
    })

    story('8. What one may not do, and may not see', async () => {
      const id = await orderThatEnds('completed', { orderId: 'order-8', email: 'eve@example.org' })
      const reader = await as('reader', `/sagas/${id}?do=compensate`)
      await says(reader.locator('#data'), '"email": "•••"')
      await kept(reader, '8-masked', { from: reader.locator('#timeline') })
      const button = reader.getByRole('group', { name: 'Actions' }).getByRole('button', { name: 'Compensate' })
      expect(await button.getAttribute('title')).toBe('This needs the role operator.')
      expect(await reader.getByRole('dialog').count()).toBe(0)
      const asked = await reader.request.post(`${shop.urlOf('order-service')}/operations/sagas/actions`, {
        headers: { authorization: `Bearer ${shop.tokens.reader}` },
        data: { items: [{ id }], action: { kind: 'compensate' }, reason: 'let me see' },
      })
      expect(asked.status()).toBe(403)
      expect(await shop.statusOf(id)).toBe('completed')

      const admin = await as('admin', `/sagas/${id}`)
      await admin.getByRole('button', { name: 'Show them' }).click()
      await confirm(admin, 'Show them', 'Parcel came back, ticket 812')
      await says(admin.locator('#data'), 'eve@example.org')
      await admin.goto(`${shop.url}/audit?action=reveal`)
      await says(admin.getByRole('row').nth(1), 'ada reveal')
      await says(admin.getByRole('row').nth(1), 'Parcel came back, ticket 812')
      expect(await reader.content()).not.toContain('eve@example.org')
    })

    story('9. A wrong payload put right, and a message thrown away', async () => {
      shop.world.carrier = 'does not drive'
      const id = await orderThatEnds('stuck', { orderId: 'order-9', amount: 49.999 })
      await shop.tell('order-0', 'a test of another shop')
      const page = await as('admin', '/dead-letters')
      await expect.poll(() => page.getByRole('row').count(), { timeout: busyMs }).toBe(3)
      await page.getByRole('link', { name: 'payment.refund' }).click()
      await says(page.getByRole('region', { name: 'Error' }), 'amount: 49.999 has more than two decimals')
      await page.getByRole('button', { name: 'Edit and redrive it' }).click()
      const payloadWith = (amount: string) => `{\n  "paymentId": "P-order-9",\n  "amount": ${amount}\n}`
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Payload').fill(payloadWith('"49.99"'))
      await dialog.getByRole('button', { name: 'Dry run' }).click()
      await says(dialog, 'refused')
      await says(dialog, 'amount')
      await kept(page, '9-edit')
      await dialog.getByLabel('Payload').fill(payloadWith('49.99'))
      await confirm(page, 'Redrive as edited', 'Rounded, as agreed with the customer')
      await says(dialog, '1 done')
      await allEnd([id], 'compensated')

      await page.goto(`${shop.url}/dead-letters`)
      await page.getByRole('link', { name: 'order.created' }).click()
      await page.getByRole('button', { name: 'Discard it' }).click()
      await confirm(page, 'Discard for good', 'A test of another shop')
      await says(dialog, '1 done')
      await page.goto(`${shop.url}/dead-letters`)
      await says(page.locator('main'), 'There are no dead letters.')
      await page.goto(`${shop.url}/audit`)
      await says(page.getByRole('row').nth(1), 'ada discard order.created A test of another shop')
      await says(page.getByRole('row').nth(2), 'ada edit payment.refund Rounded, as agreed with the customer')
    })

    story('10. Many stuck sagas at once', async () => {
      shop.world.release = 'older'
      const ids = await ordersThatEnd('stuck', 40, 'gift', { giftCard: true })
      const page = await as('operator', '/failures')
      const line = page.getByRole('row').filter({ hasText: 'DEFINITION_THREW' })
      await says(line, 'checkout')
      await says(line, '40')
      await line.getByRole('link', { name: 'checkout' }).click()
      await page.getByRole('link', { name: 'In the list of sagas' }).click()
      await page.getByRole('checkbox', { name: 'Choose all that are shown' }).check()
      await says(page.getByRole('region', { name: 'What was chosen' }), '40 chosen')
      await page.getByRole('button', { name: 'Retry now' }).click()

      shop.world.release = 'newer'
      await Promise.all(ids.slice(0, 2).map(id => shop.abandon(id)))
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Dry run' }).click()
      await says(dialog, '38 would be done')
      await says(dialog, 'has changed since')
      await kept(page, '10-many')
      await confirm(page, 'Retry now', 'Release 7.2 knows gift cards')
      await says(dialog, '38 done')
      await allEnd(ids.slice(2), 'completed')
      await page.goto(`${shop.url}/audit?action=retry`)
      await says(page.getByRole('row').nth(1), 'otto retry: stuck → running checkout gift-')
    })

    test('are ten, and each is walked', () => {
      expect(stories).toHaveLength(10)
      expect(walked).toEqual(stories)
    })

    async function orderThatEnds(status: string, order: Partial<Order> & Pick<Order, 'orderId'>): Promise<string> {
      const id = await shop.order(order)
      await allEnd([id], status)
      return id
    }

    async function ordersThatEnd(
      status: string,
      count: number,
      prefix: string,
      more: Partial<Order> = {},
    ): Promise<readonly string[]> {
      const all = Array.from({ length: count }, (_, at) => shop.order({ orderId: `${prefix}-${at}`, ...more }))
      const ids = await Promise.all(all)
      await allEnd(ids, status)
      return ids
    }

    async function allEnd(ids: readonly string[], status: string): Promise<void> {
      await expect
        .poll(async () => [...new Set(await Promise.all(ids.map(shop.statusOf)))], { timeout: 4 * busyMs })
        .toEqual([status])
    }
  },
)

function story(title: string, walk: () => Promise<void>): void {
  walked.push(title)
  test(title, walk)
}

const whatHasHappened = (page: Page) => page.getByRole('region', { name: 'What has happened' })

const keysOn = async (page: Page) => (await page.locator('.saga-key').allInnerTexts()).map(text => text.trim())

async function action(page: Page, name: string): Promise<void> {
  await page.getByRole('group', { name: 'Actions' }).getByRole('button', { name }).click()
}

/** Gives the reason that a dialog asks for, and does what it is about. */
async function confirm(page: Page, name: string, reason: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill(reason)
  await dialog.getByRole('button', { name, exact: true }).click()
}
