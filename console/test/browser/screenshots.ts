import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'

interface Picture {
  /** In pixels. @defaultValue 800 */
  readonly height?: number
  /** What is to be seen at the top. @defaultValue the beginning of the page */
  readonly from?: Locator
}

/** Keeps a picture of a page for the documents, as it is at this moment, if `MAKEGOOD_SCREENSHOTS` asks for it. */
export async function kept(page: Page, name: string, { height = 800, from }: Picture = {}): Promise<void> {
  if (!process.env['MAKEGOOD_SCREENSHOTS']) return
  const path = fileURLToPath(new URL(`../../../docs/screenshots/${name}.png`, import.meta.url))
  await page.setViewportSize({ width: 1280, height })
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
  await (from ?? page.locator('html')).evaluate(element => element.scrollIntoView())
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' })
}
