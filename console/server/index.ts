export type { ConsoleOptions, SignInOption } from './options.ts'
export { consolePlugin } from './plugin.ts'
export { consoleServer } from './server.ts'
