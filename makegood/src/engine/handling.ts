import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine } from './engine.ts'

/**
 * The engine whose handler runs here. One storage for the whole process, and not one for each service: a storage that
 * was ever entered is from then on told of every promise that the process makes.
 */
const handling = new AsyncLocalStorage<Engine>()

export function whileHandling<Result>(engine: Engine, work: () => Promise<Result>): Promise<Result> {
  return handling.run(engine, work)
}

/** Whether what runs now is part of one of its handlers, which may not open a second transaction of their service. */
export function isHandling(engine: Engine): boolean {
  return handling.getStore() === engine
}
