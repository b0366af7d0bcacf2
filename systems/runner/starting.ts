/** How long a request waits for a service that is starting. */
const startMsMax = 3_000

/** Resolves when the service has started. @throws what `tooLate` makes, if it takes longer than a request may wait */
export async function untilStarted(started: Promise<void>, tooLate: () => Error): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate()), startMsMax)
  })
  await Promise.race([started, late]).finally(() => clearTimeout(timer))
}
