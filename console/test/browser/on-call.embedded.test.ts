import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noBrowser } from './browser.ts'
import { hostile, huge } from './hostile.ts'
import { openParcels, type Parcels } from './parcels.ts'
import { visitsTo } from './visits.ts'
import { busyMs, choose, oneLine, says } from './words.ts'

describe.skipIf(noBrowser !== undefined)(
  noBrowser ?? 'whoever is on call finds out and puts right',
  { timeout: 4 * busyMs },
  () => {
    let parcels: Parcels
    beforeAll(async () => {
      parcels = await openParcels()
    })
    beforeEach(() => {
      Object.assign(parcels.world, { couriers: 'drive', bank: 'pays back' })
    })
    afterAll(() => parcels?.close())
    const as = visitsTo(() => parcels)

    async function orderThatEnds(orderId: string, status: string, order: object = {}): Promise<string> {
      const id = await parcels.order({ orderId, ...order })
      await expect.poll(() => parcels.statusOf(id)).toBe(status)
      return id
    }

    const story = (page: Page) => page.getByRole('region', { name: 'What has happened' })

    test('its way through all services is told in the order of time, each message where it was received', async () => {
      const id = await orderThatEnds('way-1', 'completed')
      const page = await as('reader', `/sagas/${id}`)
      const moments = page.locator('#timeline').getByRole('listitem')
      await expect
        .poll(async () => (await moments.allInnerTexts()).map(oneLine))
        .toEqual([
          expect.stringMatching(/orders Asks payments for payment$/),
          expect.stringMatching(/payments payments received payments.charge and carried it out$/),
          expect.stringMatching(/orders payment succeeded$/),
          expect.stringMatching(/orders Asks couriers for courier$/),
          expect.stringMatching(/couriers couriers received couriers.book and carried it out$/),
          expect.stringMatching(/orders courier succeeded$/),
          expect.stringMatching(/orders Completed$/),
        ])
      await moments.nth(1).locator('summary').click()
      await says(moments.nth(1), '"paymentId": "P-way-1"')
    })

    test('a stuck order is found from the overview, understood, and put right; its page follows without reloading', async () => {
      Object.assign(parcels.world, { couriers: 'refuse', bank: 'is broken' })
      const id = await orderThatEnds('stuck-1', 'stuck')
      const page = await as('operator')
      await page.getByRole('link', { name: '1 sending is stuck at payment (UNPROCESSABLE)' }).click()
      await page.getByRole('link', { name: 'stuck-1' }).click()
      await says(story(page), 'It is stuck at the step payment, while it was being made good')
      await says(story(page), 'the bank does not know this account')
      await says(story(page), 'couriers refused the step courier with NO_COURIER')
      await says(story(page), 'Still to be undone: payment.')
      const letter = story(page).getByRole('link', { name: 'This dead letter' })
      expect(await letter.getAttribute('href')).toContain('service=payments')
      expect(await story(page).getByRole('link', { name: 'runbook' }).getAttribute('href')).toContain(
        'stuck-unprocessable',
      )

      parcels.world.bank = 'pays back'
      await page.getByRole('button', { name: 'Retry now' }).click()
      const dialog = page.getByRole('dialog')
      await says(dialog, 'The saga goes from stuck to compensating.')
      await says(dialog, 'asks to undo payments: payments.refund, for the step payment')
      await dialog.getByLabel('Reason').fill('The bank has mended the account')
      await dialog.getByRole('button', { name: 'Retry now' }).click()
      await says(story(page), 'It was cancelled, and what it had done was made good')
      await says(page.locator('#timeline'), 'otto asks: retry. Reason: “The bank has mended the account”')
      expect(await parcels.statusOf(id)).toBe('compensated')
    })

    test('what could not be undone is resolved by hand', async () => {
      Object.assign(parcels.world, { couriers: 'refuse', bank: 'is broken' })
      const id = await orderThatEnds('by-hand-1', 'stuck')
      const page = await as('operator', `/sagas/${id}`)
      await page.getByRole('button', { name: 'Resolve a step' }).click()
      const dialog = page.getByRole('dialog')
      await says(dialog, 'Counts the undoing of the step as done by hand')
      await says(dialog, 'The saga goes from stuck to compensated.')
      await dialog.getByLabel('Reason').fill('Paid back in cash')
      await dialog.getByRole('button', { name: 'Resolve a step' }).click()
      await says(story(page), 'It was cancelled')
      await says(story(page), 'payments still has a dead letter of it: discard it')
      expect(await parcels.statusOf(id)).toBe('compensated')
    })

    test('an order that waits for a service in trouble says what fails there and when it is tried again', async () => {
      parcels.world.couriers = 'break down'
      const id = await parcels.order({ orderId: 'waiting-1' })
      const page = await as('reader', `/sagas/${id}`)
      await says(story(page), 'It is under way: it waits for courier.')
      await says(story(page), /couriers has it, and has failed at it \d+ times: “all tyres are flat”/)
      parcels.world.couriers = 'drive'
      await says(story(page), 'It completed')
    })

    test('what a customer writes is shown as text, whatever it is and however long', async () => {
      const id = await orderThatEnds(hostile.slice(0, 150), 'completed', { note: `${hostile} ${huge}` })
      const page = await as('reader', '/sagas?order=oldest')
      await page.getByRole('link', { name: 'taken' }).first().click()
      await says(page.locator('#data'), '<img src=x onerror=')
      await says(page.locator('#data'), '\\u{202e}')
      expect(await page.title()).toContain('sending <img src=x')
      expect(await page.locator('img[src="x"]').count()).toBe(0)
      expect(id).toBeTruthy()
    })

    test('two values of an order are compared field by field', async () => {
      const id = await orderThatEnds('compared-1', 'completed')
      const page = await as('reader', `/sagas/${id}#data`)
      await choose(page, 'Show', 'payment: reply')
      await choose(page, 'Compared with', 'what it was started with')
      const differences = page.getByRole('region', { name: 'Differences' })
      await says(differences, 'new paymentId: "P-compared-1"')
      await says(differences, 'gone note: ""')
      await says(page.locator('#data'), '1 fields are the same.')
    })

    test('an address that leads to nothing says so, and who may know more', async () => {
      const page = await as('reader', '/sagas/nobody')
      await says(page.getByRole('alert'), 'No service that answers has a saga nobody.')
    })
  },
)
