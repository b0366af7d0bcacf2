import { fileURLToPath } from 'node:url'
import { composeFolder } from '../../compose-file.ts'
import { type Image, isThere, programs } from './image.ts'

export const haproxy: Image = {
  obstacle: () => (isThere('haproxy') ? undefined : 'no HAProxy is installed'),
  program: ({ environment, mounts }, { folder }) => ({
    command: ['haproxy', '-W', '-db', '-f', fileURLToPath(new URL(mounts[0]!, composeFolder))],
    environment: { PATH: programs, ...environment },
    folder,
    asksForNames: true,
  }),
}
