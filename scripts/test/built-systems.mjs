import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../root.mjs'

/** Builds what tests start as processes, if its sources have changed. */
export default async function setup() {
  for (const program of ['deploy/build.mjs', 'systems/build.mjs'])
    await promisify(execFile)(process.execPath, [join(root, program)])
}
