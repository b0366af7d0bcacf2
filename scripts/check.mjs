// `npm run check`: the quick loop, without servers or whole services, in under a minute.
import { installPackages } from './test/packages.mjs'
import { finish, stage, tests } from './test/stage.mjs'

await installPackages()
await stage('format and lint', 'biome', 'check', '.')
await stage('types', 'tsc', '--noEmit', '-p', 'tsconfig.json')
await stage('types as published', 'tsc', '--noEmit', '-p', 'makegood/tsconfig.json')
await stage('types of the console', 'tsc', '--noEmit', '-p', 'console/tsconfig.json')
await tests('unit tests', ['--project', 'unit'])
finish()
