import type { FailureGroup, SagaQuery, SagaView } from 'makegood/operations/contract'

/** The stuck sagas of a failure group, and perhaps others that say something else. */
export function likeThoseOf({ what, code }: FailureGroup): SagaQuery {
  return { status: 'stuck', definition: what, ...(code === null ? {} : { failure: code }) }
}

export function isOf(group: FailureGroup, { definition, trouble }: Pick<SagaView, 'definition' | 'trouble'>): boolean {
  if (trouble === null || definition !== group.what) return false
  return trouble.code === group.code && trouble.step === group.step && saysTheSame(trouble.says, group.says)
}

/** Whether two texts are the same but for numbers, ids and what is in quotes: as services group what fails. */
export function saysTheSame(one: string, other: string): boolean {
  return likeness(one) === likeness(other)
}

function likeness(text: string): string {
  return text.replace(/"[^"]*"|[0-9a-fA-F-]{8,}|[0-9]+/g, '…')
}
