// `npm run build:systems`: the services and makegood as the image has them, in `dist`: JavaScript that Node runs as it is.
// Nothing is checked here: that is the tests' part.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { extname, join } from 'node:path'
import { builtOnce, filesIn } from '../scripts/built.mjs'
import { root } from '../scripts/root.mjs'

const onlyJavaScript = '--noCheck --noResolve --declaration false --isolatedDeclarations false --sourceMap false'

await builtOnce({
  what: 'the systems',
  dist: 'deploy/dist',
  sources: [
    'deploy/build.mjs',
    'deploy/tsconfig.systems.json',
    'scripts/built.mjs',
    'scripts/root.mjs',
    'tsconfig.base.json',
    'package-lock.json',
    'systems',
    'makegood/bin',
    'makegood/migrations',
    'makegood/package.json',
    'makegood/src',
    'makegood/tsconfig.json',
  ],
  build: async dist => {
    await Promise.all([
      tsc('--project', 'deploy/tsconfig.systems.json', '--outDir', join(dist, 'systems')),
      tsc('--project', 'makegood', '--outDir', join(dist, 'makegood/dist'), ...onlyJavaScript.split(' ')),
    ])
    const read = ['makegood/bin', 'makegood/migrations', 'makegood/package.json', 'systems'].flatMap(filesIn)
    for (const path of read.filter(isReadAtRunTime)) cpSync(join(root, path), join(dist, path))
    // As npm links a workspace.
    mkdirSync(join(dist, 'node_modules'))
    symlinkSync('../makegood', join(dist, 'node_modules/makegood'))
  },
})

/** What is neither compiled nor for people. */
function isReadAtRunTime(path) {
  if (/\/(strangers|docs)\//.test(path)) return false
  return ['.sql', '.css', '.html', '.js', '.yml'].includes(extname(path)) || /^\w+\/(package.json|bin\/.*)$/.test(path)
}

async function tsc(...args) {
  const compiling = spawn(join(root, 'node_modules/.bin/tsc'), args, { cwd: root, stdio: ['ignore', 2, 2] })
  const [code] = await once(compiling, 'exit')
  if (code !== 0) throw new Error(`tsc ended with ${code}.`)
}
