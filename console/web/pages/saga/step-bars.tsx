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
  const length = lengthOf(saga, bars) - from
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
                right: `${Math.max(0, 1 - (bar.to - from) / length) * 100}%`,
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

/** Of what is open the beginning is enough: beside a night of waiting nothing else could be seen. */
function lengthOf({ journal }: SagaInFull, bars: readonly Bar[]): number {
  const told = Math.max(...journal.map(({ at }) => Date.parse(at)), ...bars.map(({ from }) => from))
  const over = Math.max(...bars.flatMap(({ to, tone }) => (tone === 'open' ? [] : [to])), told)
  const first = Math.min(...bars.map(({ from }) => from))
  return first + Math.max(1, over - first) * (bars.some(({ tone }) => tone === 'open') ? 1.15 : 1)
}

function nameOf({ step, side }: Bar): string {
  const reaction = reactionIn(step)
  if (reaction !== null) return `${reaction.service} on ${reaction.event}`
  return side === 'forward' ? step : `undo ${step}`
}
