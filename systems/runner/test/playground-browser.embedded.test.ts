import { rm } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  barriersOn,
  builtPages,
  fits,
  noBrowser,
  type Opened,
  openBrowser,
  openPage,
  phone,
} from '../../../console/test/browser/browser.ts'
import { system as ecommerce } from '../../ecommerce/main.ts'
import { system as outboxChoreography } from '../../outbox-choreography/main.ts'
import { Environment } from '../environment.ts'
import { PlayedSystem } from './played-system.ts'

/** On a machine with much to do. */
const patience = { timeout: 30_000 }

describe.skipIf(noBrowser !== undefined)(noBrowser ?? 'a newcomer in the playground', () => {
  let browser: Browser
  let pages: string
  beforeAll(async () => {
    ;[browser, pages] = await Promise.all([openBrowser(), builtPages()])
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await rm(pages, { recursive: true, force: true })
  })

  describe('of the shop', () => {
    let played: PlayedSystem
    let opened: Opened
    let page: Page
    beforeAll(async () => {
      played = await PlayedSystem.of(ecommerce(new Environment({})), { pages })
      opened = await openPage(browser, played.url)
      page = opened.page
      page.setDefaultTimeout(patience.timeout)
    }, 120_000)
    afterAll(async () => {
      // The policy of the pages forbids none of what they bring, and nothing in them breaks.
      const { complaints } = opened
      await opened.close()
      await played.stop()
      expect(complaints.filter(text => !/status of 5\d\d/.test(text))).toEqual([])
    })

    test('comes there from the console by one link', async () => {
      await page.goto(played.url)
      await page.getByRole('link', { name: 'Playground' }).click()
      await page.getByRole('heading', { level: 1, name: 'Playground' }).waitFor()
      expect(await barriersOn(page)).toEqual([])
    })

    test('a payment is declined: sees an order go through, one refused at once, and one made good', async () => {
      await choose('A payment is declined')
      await take('Place an order, and let nobody refuse anything')
      await comesTo('1 order: 1 completed.')
      expect(await wayOf(1)).toEqual(['payment, done', 'inventory, done', 'shipping, done', 'notification, done'])

      await take('Let the bank decline, and place it again')
      await comesTo('2 orders: 1 made good, 1 completed.')
      expect(await wayOf(2)).toEqual([
        'payment, refused',
        'inventory, not needed',
        'shipping, not needed',
        'notification, not needed',
      ])
      await part('The world outside').getByText('Payments that the bank refuses: 100 %').waitFor()

      await take('Let the carrier decline instead, and place it again')
      await comesTo('3 orders: 2 made good, 1 completed.')
      expect(await wayOf(3)).toEqual([
        'payment, made good',
        'inventory, made good',
        'shipping, refused',
        'notification, not needed',
      ])
      await booksComeOut()
    })

    test('looks at the saga of an order, and goes on where they were', async () => {
      await page.getByRole('link', { name: '3. Two laptops' }).click()
      await page.getByRole('heading', { level: 1 }).filter({ hasText: 'checkout' }).waitFor()
      await page.goBack()
      await part('Experiments').getByRole('status').filter({ hasText: '3 orders: 2 made good, 1 completed.' }).waitFor()
    })

    test('the shipping service is away: sees three orders wait for it, and catch up', async () => {
      await choose('The shipping service is away')
      await take('Stop the shipping service, and place three orders')
      await comesTo('3 orders: 3 waiting for shipping-service.')
      const away = part('Services').getByRole('listitem').filter({ hasText: 'shipping-service' })
      await away.getByText('is off, 3 messages wait').waitFor()
      expect(await barriersOn(page)).toEqual([])

      await take('Start it again')
      await comesTo('3 orders: 3 completed.')
      await away.getByText('is on').waitFor()
      await booksComeOut()
    })

    test('everything at once: sees every order end, and the books come out', async () => {
      await choose('Everything at once')
      await take('Let a third of everything be refused')
      await page.getByText(/^10 orders: .*\.$/).waitFor()
      await take('Place five more, and start both services again')
      await page.getByText(/^15 orders: (\d+ (completed|made good)(, )?)+\.$/).waitFor()
      await booksComeOut()
      expect(await page.title()).toBe('Playground · Console')
    })

    test('finds the same on a phone', async () => {
      const small = await openPage(browser, played.url, phone)
      await small.page.goto(`${played.url}playground/away`)
      await small.page.getByRole('tab', { name: 'The shipping service is away', selected: true }).waitFor()
      expect(await fits(small.page)).toBe(true)
      expect(await barriersOn(small.page)).toEqual([])
      await small.close()
    })

    const part = (name: string) => page.getByRole('region', { name })

    async function choose(experiment: string): Promise<void> {
      await page.getByRole('tab', { name: experiment }).click()
    }

    async function take(step: string): Promise<void> {
      await page.getByRole('button', { name: `Do it: ${step}` }).click()
    }

    async function comesTo(tally: string): Promise<void> {
      await part('Experiments')
        .getByRole('status')
        .filter({ hasText: new RegExp(`^${tally}$`) })
        .waitFor()
    }

    async function wayOf(number: number): Promise<readonly string[]> {
      const row = part('Orders on their way')
        .getByRole('row')
        .filter({ hasText: `${number}. Two laptops` })
      const steps = await row.locator('.way li').allTextContents()
      return steps.map(text => text.replace(/ [^\w,]+,/, ','))
    }

    async function booksComeOut(): Promise<void> {
      const books = part('The books')
      await books.getByText('Money comes out.').waitFor()
      await books.getByText('Stock comes out.').waitFor()
    }
  })

  test('of a choreography sees what was told, and who is to react', async () => {
    const played = await PlayedSystem.of(outboxChoreography(new Environment({})), { pages })
    const { page, close } = await openPage(browser, played.url)
    page.setDefaultTimeout(patience.timeout)
    await page.goto(`${played.url}playground/away`)
    await page.getByRole('button', { name: 'Do it: Stop the payment service' }).click()
    await page.getByText('3 orders: 3 waiting for payment.').waitFor()
    const way = page.getByRole('row').filter({ hasText: 'waits for payment' }).first().locator('.way li')
    expect((await way.allTextContents()).at(-1)).toContain('payment …, asked for, not answered yet')
    await page.getByRole('button', { name: 'Do it: Start it again' }).click()
    await page.getByText('3 orders: 3 completed.').waitFor()
    await close()
    await played.stop()
  }, 120_000)
})
