import { setUps } from '../set-ups.ts'

/** Those of which it is calculated what they need: ours that somebody would run on servers. */
export const sized: readonly string[] = setUps
  .filter(({ whose, databases, skus }) => whose === 'makegood' && databases !== 'none' && skus === undefined)
  .map(({ name }) => name)
