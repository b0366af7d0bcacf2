import { type FailureGroup, gistOf, type SagaQuery, type SagaView } from 'makegood/operations/contract'

/** The stuck sagas of a failure group, and perhaps others that say something else. */
export function likeThoseOf({ what, code }: FailureGroup): SagaQuery {
  return { status: 'stuck', definition: what, ...(code === null ? {} : { failure: code }) }
}

export function isOf(group: FailureGroup, { definition, trouble }: Pick<SagaView, 'definition' | 'trouble'>): boolean {
  if (trouble === null || definition !== group.what) return false
  return trouble.code === group.code && trouble.step === group.step && gistOf(trouble.says) === gistOf(group.says)
}
