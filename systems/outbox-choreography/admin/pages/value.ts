import { html, type SafeHtml } from '@remix-run/html-template'
import type { Column } from '../catalogue.ts'
import type { Values } from '../table.ts'

/** A value in a list: on one line, its end cut off by the page if it is long. */
export function valueText(value: string | null): SafeHtml {
  if (value === null) return html`<span class="quiet">none</span>`
  if (value === '') return html`<span class="quiet">empty</span>`
  return html`<span class="value">${value}</span>`
}

/** A value by itself, all of it. */
export function valueInFull(value: string | null, { type }: Pick<Column, 'type'>): SafeHtml {
  if (value === null || value === '') return valueText(value)
  if (type.startsWith('json')) return html`<pre>${JSON.stringify(JSON.parse(value), undefined, 2)}</pre>`
  return html`<span class="value">${value}</span>`
}

/** What differs between two states of a row. */
export function differences(before: Values, after: Values): readonly string[] {
  return Object.keys(after)
    .filter(column => before[column] !== after[column])
    .map(column => `${column}: ${before[column] ?? 'none'} → ${after[column] ?? 'none'}`)
}
