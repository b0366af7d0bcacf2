// `npm run build:systems`: the services as the image has them, in `dist`: JavaScript that Node runs as it is, with the
// makegood that they use. Nothing is checked here: that is the tests' part.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { builtOnce, filesIn, root } from '../scripts/built.mjs'

const systems = join(root, 'systems')
const makegood = join(root, 'makegood')
const onlyJavaScript = '--noCheck --noResolve --declaration false --isolatedDeclarations false --sourceMap false'

await builtOnce({
  what: 'the systems',
  dist: 'systems/dist',
  sources: [
    'scripts/built.mjs',
    'systems',
    'makegood/src',
    'makegood/migrations',
    'makegood/package.json',
    'makegood/tsconfig.json',
    'tsconfig.base.json',
    'package-lock.json',
  ],
  build: async dist => {
    const library = join(dist, 'node_modules/makegood')
    await Promise.all([
      tsc('--project', join(systems, 'tsconfig.build.json'), '--outDir', dist),
      tsc('--project', makegood, '--outDir', join(library, 'dist'), ...onlyJavaScript.split(' ')),
    ])
    for (const file of filesIn('makegood/migrations')) copy(file, makegood, library)
    copy(join(makegood, 'package.json'), makegood, library)
    for (const file of filesIn('systems').filter(isReadByServices)) copy(file, systems, dist)
  },
})

/** What is neither compiled nor for people. */
function isReadByServices(file) {
  const inside = relative(systems, file)
  if (/(^|\/)(strangers|docs)\//.test(inside)) return false
  return ['.sql', '.css', '.html', '.js', '.yml'].includes(extname(file)) || inside === 'package.json'
}

/** To the same place in another folder. */
function copy(file, from, to) {
  cpSync(file, join(to, relative(from, file)))
}

async function tsc(...args) {
  const compiling = spawn(join(root, 'node_modules/.bin/tsc'), args, { stdio: ['ignore', 2, 2] })
  const [code] = await once(compiling, 'exit')
  if (code !== 0) throw new Error(`tsc ended with ${code}.`)
}
