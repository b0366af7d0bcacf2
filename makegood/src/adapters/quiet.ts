/** Who does not await it learns of its failure from the end of the transaction. */
export function quiet<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {})
  return promise
}
