import { spawnSync } from 'node:child_process'
import type { ComposeService } from '../../compose-file.ts'
import type { Program } from '../container.ts'

/** What an image does with what a file says of its container, by the programs that this machine has. */
export interface Image {
  /** Why it cannot be run here; undefined if it can. */
  obstacle(): string | undefined
  program(service: ComposeService, surroundings: Surroundings): Program
}

export interface Surroundings {
  /** Its volume: a folder for it alone, which is empty at first. */
  readonly folder: string
  /** A folder for all containers. */
  readonly common: string
  /** The address of this machine that its ports are published at, which files call `localhost`. */
  readonly machine: string
}

/** Where the programs of a machine are. */
export const programs = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** For `obstacle`. */
export function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: { PATH: programs } }).status === 0
}
