import type { SagaStatus } from 'makegood/operations/contract'
import type { ReactNode } from 'react'

/** A status, told by its word and not by its colour alone. */
export function Status({ of: status }: { readonly of: SagaStatus }): ReactNode {
  return (
    <span className="status" data-status={status}>
      {status}
    </span>
  )
}
