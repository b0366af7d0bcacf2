import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** How long a page may take, in milliseconds, on a machine that has a lot else to do. */
export const busyMs = 30_000

/** Until it says so, or the time is up. */
export async function says(place: Locator, text: string | RegExp): Promise<void> {
  await expect
    .poll(async () => oneLine(await place.innerText()), { timeout: busyMs })
    .toMatch(text instanceof RegExp ? text : literally(text))
}

function literally(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).click()
  await page.getByRole('option', { name: option }).click()
}
