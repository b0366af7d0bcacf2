import type { AuditView } from 'makegood/operations/contract'
import { paths } from '../../parts/paths.ts'

/** Where what somebody acted on is shown. What was revealed may have been either: sagas' ids alone are UUIDs. */
export function linkOf({ action, target, service }: AuditView & { readonly service: string }): string | undefined {
  if (target === null) return undefined
  switch (action) {
    case 'retry':
    case 'compensate':
    case 'skip':
    case 'resolve':
    case 'abandon':
      return paths.saga(target)
    case 'redrive':
    case 'edit':
    case 'discard':
      return paths.letter(service, target)
    case 'reveal':
      return uuid.test(target) ? paths.saga(target) : paths.letter(service, target)
    default:
      return undefined
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
