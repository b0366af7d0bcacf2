import type { Service } from '../engine/service.ts'
import { MakegoodError } from '../model/errors.ts'
import { refuseField } from './checking.ts'
import type { ByService } from './contract.ts'
import type { InService } from './exchange.ts'

/** A service of this process, as operations see it. */
export type OperatedService = Service<string, any>

export type Services = readonly OperatedService[]

/**
 * Asks the service that is named, or all of them.
 *
 * @throws RequestRefused if there is no such service, or a page is to go on and nobody says in which
 */
export async function grouped<Group>(
  services: Services,
  question: InService & { readonly after?: string },
  read: (service: OperatedService) => Promise<Group>,
): Promise<ByService<Group>> {
  const groups = chosen(services, question).map(async service => ({ service: service.name, ...(await read(service)) }))
  return { services: await Promise.all(groups).catch(refuseCursorAt('query.after')) }
}

/** @throws RequestRefused if there is no such service */
export function serviceNamed(services: Services, name: string, field: string): OperatedService {
  return services.find(service => service.name === name) ?? refuseField(field, `is one of ${namesOf(services)}`)
}

function chosen(services: Services, { service, after }: InService & { readonly after?: string }): Services {
  if (service !== undefined) return [serviceNamed(services, service, 'query.service')]
  if (after !== undefined && services.length > 1)
    refuseField('query.service', `is missing: after goes on in one of ${namesOf(services)}`)
  return services
}

function namesOf(services: Services): string {
  return services.map(({ name }) => name).join(', ')
}

/** Of a page: nothing else that a store is asked for it is invalid, for the rest was checked before. */
export function refuseCursorAt(field: string): (error: unknown) => never {
  return error => {
    if (error instanceof MakegoodError && error.code === 'OPTION_INVALID')
      refuseField(field, 'is not what a page named as its next')
    throw error
  }
}
