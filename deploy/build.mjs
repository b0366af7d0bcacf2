// `npm run build:makegood`: makegood as the image has it, in `dist`: JavaScript that Node runs as it is.
// Nothing is checked here: that is the tests' part.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { builtOnce } from '../scripts/built.mjs'
import { root } from '../scripts/root.mjs'

const onlyJavaScript =
  '--noCheck --noResolve --declaration false --isolatedDeclarations false --sourceMap false --inlineSources false'
const asTheyAre = ['makegood/bin', 'makegood/migrations', 'makegood/package.json']

await builtOnce({
  what: 'makegood',
  dist: 'deploy/dist',
  sources: ['deploy/build.mjs', 'tsconfig.base.json', 'makegood/src', 'makegood/tsconfig.json', ...asTheyAre],
  build: async dist => {
    await tsc('--project', 'makegood', '--outDir', join(dist, 'makegood/dist'), ...onlyJavaScript.split(' '))
    for (const path of asTheyAre) cpSync(join(root, path), join(dist, path), { recursive: true })
  },
})

async function tsc(...args) {
  const compiling = spawn(join(root, 'node_modules/.bin/tsc'), args, { cwd: root, stdio: ['ignore', 2, 2] })
  const [code] = await once(compiling, 'exit')
  if (code !== 0) throw new Error(`tsc ended with ${code}.`)
}
