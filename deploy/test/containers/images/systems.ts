import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readImage } from '../../image.ts'
import { makeImageFiles } from '../../image-files.ts'
import { type Image, programs } from './image.ts'

/** Ours, with the files that it has, and no others. */
export const systems: Image = {
  obstacle: () => undefined,
  program({ command, environment }, { common }) {
    const image = readImage()
    const [entry, ...args] = image.entrypoint as [string, ...string[]]
    return {
      command: [entry, ...args, ...command],
      environment: { PATH: `${dirname(process.execPath)}:${programs}`, ...image.environment, ...environment },
      folder: imageFiles(join(common, 'image')),
      says: 'is ready',
    }
  },
}

/** Made once for all containers: they cannot write to it. */
function imageFiles(folder: string): string {
  const files = join(folder, 'image')
  if (existsSync(files)) return files
  mkdirSync(folder)
  return makeImageFiles(folder)
}
