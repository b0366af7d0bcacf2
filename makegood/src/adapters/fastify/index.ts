export { type Closing, closePromptly } from './closing.ts'
export { type MakegoodFastifyOptions, makegoodFastify } from './plugin.ts'
export { type FieldError, frameworkErrors, type Problem, problemOf } from './problem.ts'
