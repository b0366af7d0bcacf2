import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { barriersEverywhereOn, noBrowser } from './browser.ts'
import { openParcels, type Parcels } from './parcels.ts'
import { visitsTo } from './visits.ts'
import { busyMs, choose, says } from './words.ts'

describe.skipIf(noBrowser !== undefined)(
  noBrowser ?? 'whoever looks for something finds it',
  { timeout: 4 * busyMs },
  () => {
    let parcels: Parcels
    let cancelled: string
    let stuck: string
    beforeAll(async () => {
      parcels = await openParcels()
      const fine = Array.from({ length: 60 }, (_, number) => ({ orderId: `plain-${number}` }))
      const noted = { orderId: 'noted-1', note: 'Ring twice, the bell is Broken' }
      await Promise.all([...fine, noted].map(async order => until(await parcels.order(order), 'completed')))
      Object.assign(parcels.world, { couriers: 'refuse' })
      cancelled = await parcels.order({ orderId: 'cancelled-1' })
      await until(cancelled, 'compensated')
      Object.assign(parcels.world, { bank: 'is broken' })
      stuck = await parcels.order({ orderId: 'stuck-1' })
      await parcels.order({ orderId: 'stuck-2' })
      await until(stuck, 'stuck')
    }, 120_000)
    afterAll(() => parcels?.close())
    const as = visitsTo(() => parcels)

    function until(id: string, status: string): Promise<void> {
      return vi.waitFor(async () => expect(await parcels.statusOf(id)).toBe(status), { timeout: busyMs })
    }

    const keys = async (page: Page) => (await page.locator('.saga-key').allInnerTexts()).map(text => text.trim())

    test('an order is found by its key, by the beginning of its key, and by what stands in its data', async () => {
      const page = await as('reader', '/sagas')
      await page.getByLabel('Business key').fill('noted-1')
      await expect.poll(() => keys(page), { timeout: busyMs }).toEqual(['noted-1'])
      await page.getByLabel('Business key').fill('stuck-*')
      await expect.poll(() => keys(page), { timeout: busyMs }).toEqual(['stuck-2', 'stuck-1'])
      await page.getByLabel('Business key').fill('')
      await page.getByLabel('Text in its data').fill('bell is broken')
      await expect.poll(() => keys(page), { timeout: busyMs }).toEqual(['noted-1'])
      expect(new URL(page.url()).search).toBe('?text=bell+is+broken')
    })

    test('what is chosen stands in the address: it is there again for whoever is given it', async () => {
      const page = await as('reader', '/sagas')
      await page.getByRole('group', { name: 'Status' }).getByRole('button', { name: 'stuck' }).click()
      await page.getByRole('button', { name: 'More filters' }).click()
      await choose(page, 'Order', 'Oldest first')
      await expect.poll(() => keys(page), { timeout: busyMs }).toEqual(['stuck-1', 'stuck-2'])
      const other = await as('reader', `/sagas${new URL(page.url()).search}`)
      await expect.poll(() => keys(other), { timeout: busyMs }).toEqual(['stuck-1', 'stuck-2'])
      expect(await other.getByRole('combobox', { name: 'Order' }).inputValue()).toBe('Oldest first')
    })

    test('a long list goes on where it ended, without saying anything twice', async () => {
      const page = await as('reader', '/sagas?key=plain-*&order=oldest')
      await expect.poll(async () => (await keys(page)).length, { timeout: busyMs }).toBe(50)
      await page.getByRole('button', { name: 'More', exact: true }).click()
      await expect.poll(async () => new Set(await keys(page)).size, { timeout: busyMs }).toBe(60)
      expect(await page.getByRole('button', { name: 'More', exact: true }).count()).toBe(0)
    })

    test('a search is kept under a name in this browser', async () => {
      const page = await as('reader', '/sagas?failure=UNPROCESSABLE')
      await page.getByRole('button', { name: 'Save this view' }).click()
      await page.getByRole('dialog').getByLabel('Name').fill('At the bank')
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
      await page.goto(`${parcels.url}/sagas`)
      await page.getByRole('button', { name: 'View: All' }).click()
      await page.getByRole('menuitem', { name: 'At the bank' }).click()
      await expect.poll(() => keys(page), { timeout: busyMs }).toEqual(['stuck-2', 'stuck-1'])
    })

    test('whoever opens a saga while they are still typing stays there', async () => {
      const page = await as('reader', '/sagas?order=oldest')
      await page.getByRole('link', { name: 'plain-0', exact: true }).waitFor()
      await page.getByLabel('Text in its data').fill('plain')
      await page.getByRole('link', { name: 'plain-0', exact: true }).click()
      await says(page.getByRole('heading', { level: 1 }), 'sending plain-0')
      expect(new URL(page.url()).pathname).toMatch(/sagas\/[0-9a-f-]+$/)
    })

    test('a key that nobody has may be an id, and the page leads there', async () => {
      const page = await as('reader', `/sagas?key=${cancelled}`)
      await page.getByRole('link', { name: 'Look for it by its id' }).click()
      await says(page.getByRole('heading', { level: 1 }), 'sending cancelled-1')
    })

    test('everything is reached by keys, and ? says by which', async () => {
      const page = await as('reader', '/')
      await says(page.getByRole('heading', { level: 1 }), 'Overview')
      await page.keyboard.press('?')
      await says(page.getByRole('dialog'), 'g s')
      await page.keyboard.press('Escape')
      await page.keyboard.press('g')
      await page.keyboard.press('s')
      await says(page.getByRole('heading', { level: 1 }), 'Sagas')
      await page.keyboard.press('/')
      await page.keyboard.type('cancelled-1')
      await expect.poll(() => keys(page), { timeout: busyMs }).toEqual(['cancelled-1'])
      // A field takes what is typed: g and s lead nowhere from there.
      await page.keyboard.type(' g s')
      expect(await page.getByLabel('Business key').inputValue()).toBe('cancelled-1 g s')
    })

    test('whoever is not signed in does so where they wanted to go, and is told when a token is wrong', async () => {
      const page = await as('nobody', `/sagas/${cancelled}`)
      await page.getByLabel(/^Token/).fill('not-a-token-that-anybody-knows-here')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await says(page.locator('body'), 'No service lets you in.')
      await page.getByLabel(/^Token/).fill(parcels.tokens.reader)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await says(page.getByRole('heading', { level: 1 }), 'sending cancelled-1')
      await page.getByRole('button', { name: 'Signed in as rosa' }).click()
      await page.getByRole('menuitem', { name: 'Sign out' }).click()
      await says(page.getByRole('heading', { level: 1 }), 'Sign in to the console')
    })

    const places: readonly (readonly [string, () => string, string])[] = [
      ['the overview', () => '/', 'Sagas that ended'],
      ['the list', () => '/sagas?order=oldest', 'plain-0'],
      ['a stuck saga', () => `/sagas/${stuck}`, 'What to do'],
      ['a cancelled saga', () => `/sagas/${cancelled}`, 'Nothing is left to do'],
      ['what would happen', () => `/sagas/${stuck}?do=resolve`, 'This is what would happen'],
      ['nothing', () => '/sagas/nobody', 'No service that answers'],
    ]
    test.each(places)(
      'nothing bars anybody from %s, at a desk or on a phone, in light or in dark',
      async (_, path, text) => {
        const page = await as('operator', path())
        await says(page.locator('body'), text)
        await expect.poll(() => page.getByRole('status', { name: 'Loading' }).count(), { timeout: busyMs }).toBe(0)
        expect(await barriersEverywhereOn(page)).toEqual([])
      },
    )

    test('nothing bars anybody from signing in', async () => {
      const page = await as('nobody')
      await says(page.locator('body'), 'Sign in to the console')
      expect(await barriersEverywhereOn(page)).toEqual([])
    })

    // The last: what is stuck goes on.
    test('several are chosen and retried together; what each came to is told', async () => {
      Object.assign(parcels.world, { bank: 'pays back' })
      const page = await as('operator', '/sagas?status=stuck')
      await page.getByRole('checkbox', { name: 'Choose all that are shown' }).check()
      await says(page.getByRole('region', { name: 'What was chosen' }), '2 chosen')
      await page.getByRole('button', { name: 'Retry now' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Dry run' }).click()
      await says(dialog, '2 would be done')
      await dialog.getByLabel('Reason').fill('The bank is back')
      await dialog.getByRole('button', { name: 'Retry now' }).click()
      await says(dialog, '2 done')
      await dialog.getByRole('button', { name: 'Close', exact: true }).click()
      await says(page.locator('body'), 'No saga fits.')
      expect(await parcels.statusOf(stuck)).toBe('compensated')
    })
  },
)
