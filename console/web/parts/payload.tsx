import type { ReactNode } from 'react'
import { visibleText } from './visible-text.ts'

const shownMax = 100_000

/** A value of somebody else's: as text, whatever is in it. */
export function Payload({ value, label }: { readonly value: unknown; readonly label: string }): ReactNode {
  const text = visibleText(textOf(value))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: long ones scroll, and what scrolls has to be reached by the keyboard
    <section className="payload" tabIndex={0} aria-label={label}>
      <pre>
        {text.length > shownMax ? `${text.slice(0, shownMax)}\n… and ${text.length - shownMax} characters more` : text}
      </pre>
    </section>
  )
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? 'nothing')
}
