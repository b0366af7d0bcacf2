import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export interface ProfiledProcess {
  readonly program: string
  /** Where the raw profile is, for the tools that show one. */
  readonly file: string
  /** Function and place, and the microseconds spent in itself; most first. */
  readonly functions: readonly (readonly [string, number])[]
}

/** Profiles those of the processes that can be (see `profile.ts`) while `work` runs. */
export async function profileDuring(
  pids: readonly number[],
  work: () => Promise<unknown>,
): Promise<readonly ProfiledProcess[]> {
  const profiled = pids.filter(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('measure/profile.ts'))
  for (const pid of profiled) process.kill(pid, 'SIGUSR2')
  await work()
  for (const pid of profiled) process.kill(pid, 'SIGUSR2')
  return Promise.all(profiled.map(pid => readProfile(join(folder, String(pid)))))
}

async function readProfile(path: string): Promise<ProfiledProcess> {
  const file = `${path}.cpuprofile`
  while (!existsSync(file)) await pause(50)
  return { ...(JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Omit<ProfiledProcess, 'file'>), file }
}

const folder = mkdtempSync(join(tmpdir(), 'makegood-profiles-'))
process.env['BENCH_PROFILES'] = folder
