import type { RetryPolicy } from '../model/message.ts'

/**
 * The pause before the next attempt, in milliseconds, or undefined when the policy is used up. Pauses double; jitter
 * takes up to half of one away, so that what failed together does not come back together.
 */
export function nextDelayMs(
  policy: RetryPolicy,
  tried: { readonly attempts: number; readonly sinceMs: number },
  random: number,
): number | undefined {
  if (policy.attempts !== undefined && tried.attempts >= policy.attempts) return undefined
  const fullMs = Math.min(policy.firstDelayMs * 2 ** Math.min(tried.attempts - 1, 30), policy.delayMsMax)
  const delayMs = Math.round(fullMs * (1 - random / 2))
  return tried.sinceMs + delayMs > policy.forMs ? undefined : delayMs
}
