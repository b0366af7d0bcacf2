// `npm test`: everything, on a machine that may have nothing but Node. `--chaos` runs the long fault test alone.
import { installPackages } from './test/packages.mjs'
import { provideServers } from './test/servers.mjs'
import { finish, stage, tests } from './test/stage.mjs'

const chaos = process.argv.includes('--chaos')
const further = process.argv.slice(2).filter(argument => argument !== '--chaos')

await installPackages()
await provideServers()
if (chaos) {
  await tests('chaos', '--project', 'chaos', ...further)
} else {
  await stage('format and lint', 'biome', 'check', '.')
  await stage('types', 'tsc', '--noEmit', '-p', 'tsconfig.json')
  await tests('tests', '--project', 'unit', '--project', 'embedded', '--project', 'servers', ...further)
}
finish()
