/** What an answer turns out to be; undefined if it is an error, or has not come after `ms`. */
export async function inTime<Answer>(ms: number, answer: Promise<Answer>): Promise<Answer | undefined> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([answer.catch(() => undefined), silence])
  } finally {
    clearTimeout(timer)
  }
}
