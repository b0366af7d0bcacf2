/** Where structured lines go: pino's shape, so that a pino logger can be handed in as it is. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export const noLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
