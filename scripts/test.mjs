// `npm test`: everything, on a machine that may have nothing but Node. `--chaos` runs the long fault test alone.
import { readdirSync } from 'node:fs'
import { root } from './root.mjs'
import { provideKustomize } from './test/kustomize.mjs'
import { installPackages } from './test/packages.mjs'
import { provideServers } from './test/servers.mjs'
import { finish, stage, tests } from './test/stage.mjs'
import { keepTemporaryFilesInMemory } from './test/temporary-folder.mjs'

const chaos = process.argv.includes('--chaos')
const further = process.argv.slice(2).filter(argument => argument !== '--chaos')
const workspaces = ['makegood', 'systems', 'console', 'bench', 'deploy', 'scripts']
/**
 * A file is run in the first part that takes it, so that there is none that nobody runs; the long chaos is not run here.
 * The last have most to do, and begin first.
 */
const parts = [
  { name: 'the engine on servers', label: 'engine', projects: ['servers'], takes: /\/engine\/.*\.server\.test\.ts$/ },
  { name: 'in a browser', label: 'browser', projects: ['embedded'], takes: /\/browser\// },
  {
    name: 'faults on servers',
    label: 'faults',
    projects: ['servers'],
    takes: /\/(faults|chaos)\/.*\.server\.test\.ts$/,
  },
  { name: 'the systems on servers', label: 'systems', projects: ['servers'], takes: /^systems\/.*\.server\.test\.ts$/ },
  { name: 'the rest on servers', label: 'the rest', projects: ['servers'], takes: /\.server\.test\.ts$/ },
  {
    name: 'in one process',
    label: 'one process',
    projects: ['unit', 'embedded'],
    takes: /(?<!\.chaos)\.test\.ts$/,
    options: ['--maxWorkers=2'],
  },
]

keepTemporaryFilesInMemory()
await installPackages()
await provideServers()
await provideKustomize()
if (chaos) {
  await tests('chaos', [...chosen(['chaos']), ...further])
} else {
  await stage('format and lint', 'biome', 'check', '.')
  await stage('types', 'tsc', '--noEmit', '-p', 'tsconfig.json')
  await stage('types as published', 'tsc', '--noEmit', '-p', 'makegood/tsconfig.json')
  await stage('types of the console', 'tsc', '--noEmit', '-p', 'console/tsconfig.json')
  await stage('pages of the console', 'node', 'console/build.mjs')
  await stage('makegood as its image has it', 'node', 'deploy/build.mjs')
  await stage('the systems as their image has them', 'node', 'systems/build.mjs')
  await (further.length > 0 ? tests('tests', [...chosen(['unit', 'embedded', 'servers']), ...further]) : everything())
}
finish()

/**
 * Most tests wait most of the time: four parts beside each other, each on servers of its own. More would wait for the
 * cores.
 */
async function everything() {
  const files = testFiles()
  const waiting = [...parts]
  const lane = async () => {
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      const { name, label, projects, options = [] } = part
      const ofPart = files.filter(path => parts.find(part => part.takes.test(path))?.name === name)
      await tests(name, [...chosen(projects), ...options, ...ofPart], {
        label: label.padEnd(11),
        says: `${ofPart.length} files`,
      })
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
}

function chosen(projects) {
  return projects.flatMap(project => ['--project', project])
}

function testFiles() {
  return workspaces.flatMap(folder =>
    readdirSync(`${root}${folder}`, { recursive: true })
      .filter(path => path.endsWith('.test.ts') && !/(^|\/)(node_modules|dist)\//.test(path))
      .map(path => `${folder}/${path}`),
  )
}
