import { writeFileSync } from 'node:fs'
import { type Profiler, type Runtime, Session } from 'node:inspector/promises'
import { findSourceMap } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

// Preloaded into every process of a set-up that is profiled: the first SIGUSR2 begins a CPU profile, the second one
// ends it and leaves its summary in the folder named by the environment.
let session: Session | undefined
process.on('SIGUSR2', async () => {
  if (session === undefined) {
    session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 200 })
    await session.post('Profiler.start')
  } else {
    const { profile } = await session.post('Profiler.stop')
    const program = [basename(process.argv[1] ?? ''), nameOf(process.argv[2])].filter(Boolean).join(' ')
    const file = `${process.env['BENCH_PROFILES']}/${process.pid}`
    writeFileSync(`${file}.json`, JSON.stringify({ program, functions: selfTimes(profile) }))
    writeFileSync(`${file}.cpuprofile`, JSON.stringify(profile))
  }
})

function nameOf(input: string | undefined): string | undefined {
  const { name, setUp } = JSON.parse(input ?? '{}') as { name?: string; setUp?: { name: string } }
  return name ?? setUp?.name
}

/** Microseconds that were spent in each function itself, with its place in the source. */
function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly (readonly [string, number])[] {
  const places = new Map(nodes.map(node => [node.id, placeOf(node.callFrame)]))
  const times = new Map<string, number>()
  samples.forEach((id, index) => {
    const place = places.get(id)!
    times.set(place, (times.get(place) ?? 0) + timeDeltas[index]!)
  })
  return [...times].sort(([, a], [, b]) => b - a)
}

function placeOf({ functionName, url, lineNumber, columnNumber }: Runtime.CallFrame): string {
  const name = functionName || '(anonymous)'
  if (!url.startsWith('file:')) return `${name} ${url}`
  const entry = findSourceMap(url)?.findEntry(lineNumber, columnNumber)
  const line = (entry && 'originalLine' in entry ? entry.originalLine : lineNumber) + 1
  return `${name} ${fileURLToPath(url).replace(`${process.cwd()}/`, '')}:${line}`
}
