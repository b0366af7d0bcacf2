/**
 * Does together what is asked for one by one: while `work` is under way, what is asked next gathers for the next time.
 * Nobody waits for company, and the busier it is the more share what a time costs. `work` answers each in its place.
 */
export function gathering<Asked, Answer>(
  max: number,
  work: (asked: readonly Asked[]) => Promise<readonly PromiseSettledResult<Answer>[]>,
): (asked: Asked) => Promise<Answer> {
  const waiting: { readonly asked: Asked; readonly settle: (answer: PromiseSettledResult<Answer>) => void }[] = []
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const taken = waiting.splice(0, max)
      const answers = await work(taken.map(({ asked }) => asked)).catch((reason: unknown) =>
        taken.map(() => ({ status: 'rejected' as const, reason })),
      )
      for (const [at, { settle }] of taken.entries()) settle(answers[at]!)
    }
    isRunning = false
  }

  return asked =>
    new Promise((resolve, reject) => {
      waiting.push({
        asked,
        settle: answer => (answer.status === 'fulfilled' ? resolve(answer.value) : reject(answer.reason)),
      })
      if (!isRunning) void run()
    })
}
