// `npm test`: everything, on a machine that may have nothing but Node. `--chaos` runs the long fault test alone.
import { installPackages } from './test/packages.mjs'
import { provideServers } from './test/servers.mjs'
import { finish, stage, tests } from './test/stage.mjs'

const all = ['--project', 'unit', '--project', 'embedded', '--project', 'servers']
const besideTheEngine = ['makegood/test/adapters/', 'makegood/test/cli/', 'makegood/test/docs/']
const chaos = process.argv.includes('--chaos')
const further = process.argv.slice(2).filter(argument => argument !== '--chaos')

await installPackages()
await provideServers()
if (chaos) {
  await tests('chaos', ['--project', 'chaos', ...further])
} else {
  await stage('format and lint', 'biome', 'check', '.')
  await stage('types', 'tsc', '--noEmit', '-p', 'tsconfig.json')
  await stage('types of the console', 'tsc', '--noEmit', '-p', 'console/tsconfig.json')
  await stage('pages of the console', 'node', 'console/build.mjs')
  await (further.length > 0 ? tests('tests', [...all, ...further]) : everything())
}
finish()

/** Most tests wait most of the time: four parts beside each other, each with servers of its own. */
function everything() {
  return Promise.all([
    tests('in one process', ['--project', 'unit', '--project', 'embedded'], { label: 'one process' }),
    tests('the engine on servers', ['--project', 'servers', 'makegood/test/engine/'], { label: 'engine     ' }),
    tests('adapters on servers', ['--project', 'servers', ...besideTheEngine], { label: 'adapters   ' }),
    tests('the systems on servers', ['--project', 'servers', 'systems/'], { label: 'systems    ' }),
  ])
}
