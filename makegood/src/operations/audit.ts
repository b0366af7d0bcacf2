import type { Mask, Masking } from '../engine/masking.ts'
import type { AuditRow } from '../ports/store.ts'
import type { AuditList, AuditQuery, AuditView } from './contract.ts'
import { limitDefault } from './schemas.ts'
import type { OperatedService } from './services.ts'
import { time } from './times.ts'

/** Who did what, when and why, newest first. */
export async function auditOf(
  { queries }: OperatedService,
  { service: _service, limit = limitDefault, ...search }: AuditQuery,
  masking: Masking,
): Promise<AuditList> {
  const { rows, next } = await queries.audit({ ...search, limit })
  return { entries: rows.map(row => auditView(row, masking.over([row.detail]))), next: next ?? null }
}

function auditView({ number, at, by, action, target, reason, detail }: AuditRow, mask: Mask): AuditView {
  return {
    number,
    at: time(at),
    by,
    action,
    target: target ?? null,
    reason: mask.text(reason),
    detail: mask.document(detail ?? null),
  }
}
