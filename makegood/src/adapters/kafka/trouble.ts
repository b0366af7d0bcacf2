import { MakegoodError, textOf } from '../../model/errors.ts'
import type { ResolvedOptions } from './options.ts'

/** What a broker has answered instead of what it was asked for. */
export interface ApiError {
  /** Kafka's name for it, such as `NOT_LEADER_OR_FOLLOWER`. */
  readonly id: string
  readonly says: string
}

/** All of them in what was thrown: clients hand them out in aggregates of aggregates. */
export function apiErrorsIn(thrown: unknown): readonly ApiError[] {
  return allIn(thrown).flatMap(error => {
    const { apiId, serverErrorMessage } = error as { readonly apiId?: string; readonly serverErrorMessage?: string }
    return apiId === undefined
      ? []
      : [{ id: apiId, says: serverErrorMessage ? `${apiId}: ${serverErrorMessage}` : apiId }]
  })
}

/** A connection that could not be made, was lost or is silent; the broker has said nothing. */
export function isOfNetwork(thrown: unknown): boolean {
  return allIn(thrown).some(error => /^(PLT_KFK_NETWORK|PLT_KFK_TIMEOUT|E[A-Z]+)$/.test(String((error as Coded).code)))
}

/** What an error of a broker or of the network means for a person on call, in one sentence that says what to do. */
export function troubleOf(error: unknown, { brokers, sasl, sessionMs }: ResolvedOptions): MakegoodError {
  if (error instanceof MakegoodError) return error
  const kafka = `Kafka at ${brokers.join(', ')}`
  const answers = apiErrorsIn(error)
  const says = answers[0]?.says ?? [...new Set(allIn(error).map(leaf => textOf(leaf)))].join('; ')
  const unavailable = (what: string) => new MakegoodError('TRANSPORT_UNAVAILABLE', what, { cause: error })
  const refused = (what: string) => new MakegoodError('TRANSPORT_REFUSED', what, { cause: error })

  if (/SASL/.test(says)) {
    const user = typeof sasl?.username === 'string' ? ` of user ${sasl.username}` : ''
    return refused(
      `${kafka} refuses the credentials${user} (${says}): check mechanism, user name and password; trying again meanwhile`,
    )
  }
  if (/AUTHORIZATION_FAILED/.test(says)) {
    return refused(
      `${kafka} does not let us do what we must (${says}): grant read, write and describe on the topics, and read on the group; trying again meanwhile`,
    )
  }
  if (/INVALID_SESSION_TIMEOUT/.test(says)) {
    return refused(
      `${kafka} does not allow the sessionMs ${sessionMs}: choose one between its group.min.session.timeout.ms and group.max.session.timeout.ms; trying again meanwhile`,
    )
  }
  if (/certificate|SSL|TLS/i.test(says)) {
    return refused(`${kafka} and we do not agree on TLS (${says}): check certificates and port; trying again meanwhile`)
  }
  if (/ECONNREFUSED/.test(says))
    return unavailable(`${kafka} is not there: start it, or correct the brokers; trying again meanwhile`)
  if (/ENOTFOUND|EAI_AGAIN/.test(says))
    return unavailable(`${kafka} has a host name that is not known (${says}): correct it; trying again meanwhile`)
  if (/timed out/i.test(says))
    return unavailable(`${kafka} does not answer: check the network and the port; trying again meanwhile`)
  return unavailable(`The connection to ${kafka} was lost (${says}); making it anew`)
}

interface Coded {
  readonly code?: unknown
}

/** What was thrown at the bottom: clients wrap it in layers that only say that something failed. */
function allIn(thrown: unknown, depth = 0): readonly unknown[] {
  if (depth > 8 || !(thrown instanceof Error)) return [thrown]
  const inside = [...(thrown instanceof AggregateError ? thrown.errors : []), thrown.cause].filter(
    error => error !== undefined && error !== null,
  )
  return inside.length === 0 ? [thrown] : inside.flatMap(error => allIn(error, depth + 1))
}
