/** The two largest units of a span of time: `1 h 5 min`, `340 ms`. */
export function span(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever'
  if (ms < 0) return `-${span(-ms)}`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${Number((ms / 1_000).toFixed(1))} s`
  const whole = units.flatMap(([name, length], at) => {
    const within = at === 0 ? ms : ms % units[at - 1]![1]
    const count = Math.floor(within / length)
    return count === 0 ? [] : [`${count} ${name}`]
  })
  return whole.slice(0, 2).join(' ')
}

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
]

export function ago(iso: string, now: number): string {
  const ms = now - Date.parse(iso)
  return ms < 0 ? `in ${span(-ms)}` : `${span(ms)} ago`
}

/** To the second, in UTC like logs: `2026-01-31 09:05:07`. */
export function moment(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

/** To the millisecond, without the day. */
export function clock(iso: string): string {
  return iso.slice(11, 23)
}
