import type { Figure } from '../measure-set-up.ts'

/** Where the time went: the functions that took the most of it themselves, by process. */
export function profileReport({ profile = [], ended }: Figure): string {
  return profile
    .map(({ program, file, functions }) => {
      const busy = functions.filter(([place]) => !notWork.some(name => place.startsWith(name)))
      const all = functions.reduce((sum, [, us]) => sum + us, 0)
      const working = busy.reduce((sum, [, us]) => sum + us, 0)
      const heading = `\n${program}: ${((100 * working) / all).toFixed(0)} % in JavaScript, ${perSaga(working, ended)} us a saga (${file})`
      const rows = functions.slice(0, 45).map(([place, us]) => `${perSaga(us, ended).padStart(8)} us  ${place}`)
      return [heading, ...rows, '   by file:', ...byFile(busy, ended)].join('\n')
    })
    .join('\n')
}

/** `dispatch` is the profiler at work. */
const notWork = ['(idle)', '(program)', 'dispatch ']

function byFile(functions: readonly (readonly [string, number])[], ended: number): readonly string[] {
  const files = new Map<string, number>()
  for (const [place, us] of functions) {
    const file = place.slice(place.indexOf(' ') + 1).replace(/:\d+$/, '') || place
    files.set(file, (files.get(file) ?? 0) + us)
  }
  return [...files]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 25)
    .map(([file, us]) => `${perSaga(us, ended).padStart(8)} us  ${file}`)
}

function perSaga(us: number, ended: number): string {
  return (us / ended).toFixed(1)
}
