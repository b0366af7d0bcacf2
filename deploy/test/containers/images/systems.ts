import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readImage } from '../../image.ts'
import { type Image, programs } from './image.ts'

/** Ours, from the sources of this tree. */
export const systems: Image = {
  obstacle: () => undefined,
  program({ command, environment }) {
    const image = readImage()
    const [entry, ...args] = image.entrypoint as [string, ...string[]]
    return {
      command: [entry, ...args, ...command],
      environment: { PATH: `${dirname(process.execPath)}:${programs}`, ...image.environment, ...environment },
      folder: fileURLToPath(new URL('../../../../', import.meta.url)),
      says: 'is ready',
    }
  },
}
