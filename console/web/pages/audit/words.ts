import type { AuditView } from 'makegood/operations/contract'

type Done = Pick<AuditView, 'action' | 'detail'>

/** `skip payment: stuck → compensating` */
export function saysOf({ action, detail }: Done): string {
  const [step, from, to] = ['step', 'from', 'to'].map(name => textIn(detail, name))
  const what = step === null ? action : `${action} ${step}`
  return from === null || to === null ? what : `${what}: ${from === to ? `still ${to}` : `${from} → ${to}`}`
}

/** What people call that which was acted on: a saga by its definition and key, a message by its type. */
export function nameOf({ detail }: Done): string | null {
  const [definition, key] = ['definition', 'key'].map(name => textIn(detail, name))
  return definition === null || key === null ? textIn(detail, 'type') : `${definition} ${key}`
}

function textIn(detail: unknown, name: string): string | null {
  const value = typeof detail === 'object' && detail !== null ? (detail as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' && value !== '' ? value : null
}
