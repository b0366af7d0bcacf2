import type { ReceivedMessage } from 'makegood'

/** A message has come before the one that it follows from. */
export class OutOfOrder extends Error {}

/**
 * Does what follows from a message. One that has come too early is tried again, a little later each time; if what it
 * waits for has not come either by then, it is a dead letter.
 */
export async function inOrder(
  { message, reject }: { readonly message: ReceivedMessage; readonly reject: (reason: string) => never },
  react: () => Promise<unknown>,
): Promise<void> {
  try {
    await react()
  } catch (error) {
    if (error instanceof OutOfOrder && message.attempt >= attemptsMax) reject(error.message)
    throw error
  }
}

/** The pauses between attempts double, from 200 ms: the last one is two to four minutes after the first. */
const attemptsMax = 11
