// The Restate SDK needs `Promise.withResolvers`, which Node 20 does not have.
const promise = Promise as unknown as { withResolvers?: () => object }
promise.withResolvers ??= function withResolvers() {
  let [resolve, reject]: unknown[] = []
  const made = new Promise((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise: made, resolve, reject }
}
