export { type MakegoodFastifyOptions, makegoodFastify } from './plugin.ts'
export { type Problem, problemOf } from './problem.ts'
