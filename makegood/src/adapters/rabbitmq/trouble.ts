import { MakegoodError, textOf } from '../../model/errors.ts'
import type { Address, ResolvedOptions } from './options.ts'

/** What an error of the broker or of the network means for a person on call, in one sentence that says what to do. */
export function troubleOf(error: unknown, { hostname, port }: Address, options: ResolvedOptions): MakegoodError {
  if (error instanceof MakegoodError) return error
  const broker = `RabbitMQ at ${hostname}:${port}`
  const says = textOf(error)
  const unavailable = (what: string) => new MakegoodError('TRANSPORT_UNAVAILABLE', what, { cause: error })
  const refused = (what: string) => new MakegoodError('TRANSPORT_REFUSED', what, { cause: error })

  if (/ACCESS[_-]REFUSED/.test(says) && /Login|Handshake/.test(says)) {
    return refused(
      `${broker} refuses user ${options.user}: check the user name and the password; trying again meanwhile`,
    )
  }
  // All that amqplib tells when the broker knows the user and then closes: it is about the vhost.
  if (/Expected ConnectionOpenOk/.test(says)) {
    return refused(
      `${broker} has no vhost ${options.vhost}, or user ${options.user} may not use it: add it with rabbitmqctl add_vhost and set_permissions; trying again meanwhile`,
    )
  }
  if (/ACCESS[_-]REFUSED/.test(says)) {
    return refused(
      `${broker} does not let user ${options.user} do what it must (${says}): grant it configure, write and read with rabbitmqctl set_permissions; trying again meanwhile`,
    )
  }
  if (/ECONNREFUSED/.test(says))
    return unavailable(`${broker} is not there: start it, or correct host and port; trying again meanwhile`)
  if (/ENOTFOUND|EAI_AGAIN/.test(says))
    return unavailable(`${broker} has a host name that is not known: correct it; trying again meanwhile`)
  if (/ETIMEDOUT/.test(says))
    return unavailable(`${broker} does not answer: check the network and the port; trying again meanwhile`)
  if (/certificate|SSL|TLS/i.test(says)) {
    return refused(
      `${broker} and we do not agree on TLS (${says}): check certificates and port; trying again meanwhile`,
    )
  }
  return unavailable(`The connection to ${broker} was lost (${says}); making it anew`)
}
