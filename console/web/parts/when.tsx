import { type ReactNode, useSyncExternalStore } from 'react'

/** A moment: how long ago, or in how long; the time itself is its title. */
export function When({ at }: { readonly at: string }): ReactNode {
  const now = useNow()
  return (
    <time dateTime={at} title={exactly(at)}>
      {relatively(Date.parse(at) - now)}
    </time>
  )
}

/** `21 Nov 2026, 12:40:50.123`, in the time zone of whoever looks. */
export function exactly(at: string): string {
  return `${day.format(new Date(at))}, ${clock(at)}`
}

/** `12:40:50.123` */
export function clock(at: string): string {
  return time.format(new Date(at))
}

/** `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h` */
export function lasting(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const [large, small] = units.find(([, unit]) => ms >= unit.ms) ?? units.at(-1)!
  const rest = Math.floor((ms % small.ms) / large.ms)
  return `${Math.floor(ms / small.ms)} ${small.name}${rest === 0 ? '' : ` ${rest} ${large.name}`}`
}

const second = { name: 's', ms: 1_000 }
const minute = { name: 'min', ms: 60_000 }
const hour = { name: 'h', ms: 3_600_000 }
const days = { name: 'd', ms: 86_400_000 }

/** The rest's unit, and the unit; the largest first. */
const units = [
  [hour, days],
  [minute, hour],
  [second, minute],
] as const

function relatively(ms: number): string {
  const [length, suffix] = ms <= 0 ? [-ms, ' ago'] : [ms, '']
  if (length < 1_500) return 'now'
  const [, unit] = units.find(([, each]) => length >= each.ms) ?? [second, second]
  return `${suffix === '' ? 'in ' : ''}${Math.floor(length / unit.ms)} ${unit.name}${suffix}`
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const time = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
})

// ── One clock for all ───────────────────────────────────────────────────────────────────────────────────────────────

const tickMs = 5_000

let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, tickMs)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function tick(): void {
  now = Date.now()
  for (const listener of listeners) listener()
}
