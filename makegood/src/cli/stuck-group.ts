import { MakegoodError } from '../model/errors.ts'
import type { OperationsClient } from '../operations/client.ts'
import { isInGroup, type SagaQuery, type SagaView, sagasLikeThoseOf } from '../operations/contract.ts'

/** Which sagas are in a failure group. */
export interface StuckGroup {
  /** Finds all of them, and maybe others that say something else. */
  readonly filter: SagaQuery
  has(saga: SagaView): boolean
}

/** @throws MakegoodError `OPTION_INVALID` if no service that answers has a group of stuck sagas with this fingerprint */
export async function stuckGroup(client: OperationsClient, fingerprint: string): Promise<StuckGroup> {
  const { services } = await client.failures()
  const groups = services.flatMap(({ service, groups }) => groups.map(group => ({ service, ...group })))
  const group = groups.find(each => each.fingerprint === fingerprint && each.kind === 'stuck saga')
  if (group === undefined) {
    throw new MakegoodError(
      'OPTION_INVALID',
      `There is no group of stuck sagas ${fingerprint}: makegood failures has those there are.`,
    )
  }
  return { filter: sagasLikeThoseOf(group), has: saga => isInGroup(group, saga) }
}
