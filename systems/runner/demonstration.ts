import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedGround } from './embedded-ground.ts'
import { onFreePorts } from './on-free-ports.ts'
import { type RunningSystem, runSystem } from './running-system.ts'
import type { System } from './system.ts'

/** Runs all of a system in this process, on data that nobody else sees, for as long as it takes to `show` it. */
export async function demonstration<Result>(
  system: System,
  signal: AbortSignal,
  show: (running: RunningSystem) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'makegood-demo-'))
  try {
    const ground = embeddedGround(folder, { fresh: true })
    const running = await runSystem(system, { ...(await onFreePorts(system)), ground, signal })
    try {
      return await show(running)
    } finally {
      await running.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
