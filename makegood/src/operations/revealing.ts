import { type Mask, noMask } from '../engine/masking.ts'
import { type Admitted, checkRole } from './access.ts'
import { refuseField } from './checking.ts'
import type { Reveal } from './contract.ts'
import type { OperatedService } from './services.ts'

/** @throws RequestRefused if what is masked is asked for by somebody who may not see it, or does not say why */
export function checkReveal({ reveal, reason }: Reveal, { caller }: Admitted): void {
  if (reveal !== true) return
  checkRole(caller, 'admin', 'To see what is masked')
  if (reason === undefined) refuseField('query.reason', 'is missing: the audit keeps why somebody looked')
}

/**
 * The mask for an answer of these documents: none for whoever looks behind it, which the audit of the service then says,
 * before anything is shown.
 */
export async function maskFor(
  service: OperatedService,
  { reveal, reason = '', target }: Reveal & { readonly target: string },
  { caller }: Admitted,
  masked: () => Mask,
): Promise<Mask> {
  if (reveal !== true) return masked()
  await service.audit({ by: caller.name, action: 'reveal', target, reason, detail: undefined })
  return noMask
}
