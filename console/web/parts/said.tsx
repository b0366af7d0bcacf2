import type { ReactNode } from 'react'
import './said.css'
import { visibleText } from './visible-text.ts'

interface SaidProps {
  readonly text: string
  /** How many characters are shown, for a text that is shown in full elsewhere. @defaultValue 300 */
  readonly max?: number
  readonly code?: boolean
}

/** A few words of somebody else's in a line of ours: cut where they are long, and kept from changing what follows. */
export function Said({ text, max = 300, code = false }: SaidProps): ReactNode {
  const shown = visibleText(text.length > max ? `${text.slice(0, max)}…` : text)
  return <bdi className="said">{code ? <code>{shown}</code> : shown}</bdi>
}
