// `npm test`: everything, on a machine that may have nothing but Node. `--chaos` runs the long fault test alone.
import { readdirSync } from 'node:fs'
import { provideKustomize } from './test/kustomize.mjs'
import { installPackages } from './test/packages.mjs'
import { provideServers } from './test/servers.mjs'
import { finish, root, stage, tests } from './test/stage.mjs'

const all = ['--project', 'unit', '--project', 'embedded', '--project', 'servers']
const chaos = process.argv.includes('--chaos')
const further = process.argv.slice(2).filter(argument => argument !== '--chaos')
const browser = 'console/test/browser/'

await installPackages()
await provideServers()
await provideKustomize()
if (chaos) {
  await tests('chaos', ['--project', 'chaos', ...further])
} else {
  await stage('format and lint', 'biome', 'check', '.')
  await stage('types', 'tsc', '--noEmit', '-p', 'tsconfig.json')
  await stage('types as published', 'tsc', '--noEmit', '-p', 'makegood/tsconfig.json')
  await stage('types of the console', 'tsc', '--noEmit', '-p', 'console/tsconfig.json')
  await stage('pages of the console', 'node', 'console/build.mjs')
  await (further.length > 0 ? tests('tests', [...all, ...further]) : everything())
}
finish()

/** Most tests wait most of the time: parts beside each other, each with servers of its own. */
function everything() {
  const onServers = (name, label, ...folders) =>
    tests(`${name} on servers`, ['--project', 'servers', ...folders], { label: label.padEnd(11) })
  return Promise.all([
    tests('in one process', ['--project', 'unit', '--project', 'embedded', '--exclude', `${browser}**`], {
      label: 'one process',
    }),
    tests('in a browser', ['--project', 'embedded', browser], { label: 'browser'.padEnd(11) }),
    onServers('the engine', 'engine', 'makegood/test/engine/'),
    onServers('faults', 'faults', 'makegood/test/faults/'),
    onServers('the systems', 'systems', 'systems/'),
    onServers('the rest', 'the rest', ...restOfTheLibrary(), 'console/', 'deploy/'),
  ])
}

function restOfTheLibrary() {
  const folders = readdirSync(`${root}makegood/test`, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return folders.map(({ name }) => `makegood/test/${name}/`).filter(path => !/\/(engine|faults)\/$/.test(path))
}
