import type { SagaInFull } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Said } from '../../parts/said.tsx'
import { lasting, useNow } from '../../parts/when.tsx'
import { type Bar, barsOf } from './bars.ts'
import { reactionIn } from './words.ts'

/** How long each step took, beside each other on one line of time. */
export function StepBars({ saga }: { readonly saga: SagaInFull }): ReactNode {
  const bars = barsOf(saga, useNow())
  if (bars.length === 0) return null
  const from = Math.min(...bars.map(bar => bar.from))
  const length = Math.max(1, Math.max(...bars.map(bar => bar.to)) - from)
  return (
    <ul className="bars" aria-label="How long each step took">
      {bars.map(bar => (
        <li key={`${bar.side} ${bar.step}`}>
          <span className="bar-name">
            <Said text={nameOf(bar)} max={80} />
          </span>
          <span className="bar-track" aria-hidden>
            <span
              className="bar"
              data-tone={bar.tone}
              style={{
                left: `${((bar.from - from) / length) * 100}%`,
                width: `${Math.max(0.4, ((bar.to - bar.from) / length) * 100)}%`,
              }}
            />
          </span>
          <span className="bar-says">
            {bar.tone === 'open' ? `for ${lasting(bar.to - bar.from)}` : lasting(bar.to - bar.from)}
          </span>
        </li>
      ))}
    </ul>
  )
}

function nameOf({ step, side }: Bar): string {
  const reaction = reactionIn(step)
  if (reaction !== null) return `${reaction.service} on ${reaction.event}`
  return side === 'forward' ? step : `undo ${step}`
}
