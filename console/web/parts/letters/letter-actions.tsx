import { Group } from '@mantine/core'
import type { DeadLetterAction } from 'makegood/operations/contract'
import { type ReactNode, useState } from 'react'
import { AllowedButton } from '../allowed-button.tsx'
import { BulkDialog } from '../bulk/bulk-dialog.tsx'
import type { BulkWork } from '../bulk/in-pages.ts'

interface LetterActionsProps {
  /** `the letter`, `3 letters`, `all 12 letters of the group` */
  readonly what: string
  readonly total: number | undefined
  /** Why nothing can be done just now. */
  readonly unless?: string | undefined
  readonly workOf: (action: DeadLetterAction) => BulkWork
  /** Beside them. */
  readonly children?: ReactNode
}

/** Redrive and discard, each with its dialog. */
export function LetterActions({ what, total, unless, workOf, children }: LetterActionsProps): ReactNode {
  const [asked, setAsked] = useState<DeadLetterAction['kind'] | undefined>()
  const close = () => setAsked(undefined)
  return (
    <Group gap="xs">
      <AllowedButton action="redrive" unless={unless} onClick={() => setAsked('redrive')} size="xs">
        Redrive {what}
      </AllowedButton>
      {children}
      <AllowedButton
        action="discard"
        unless={unless}
        onClick={() => setAsked('discard')}
        size="xs"
        color="red"
        variant="outline"
      >
        Discard {what}
      </AllowedButton>
      {asked === 'redrive' && (
        <BulkDialog
          title={`Redrive ${what}`}
          verb="Redrive"
          total={total}
          canBePaced={total !== 1}
          workAt={perSecond => workOf({ kind: 'redrive', ...(perSecond === undefined ? {} : { perSecond }) })}
          onClose={close}
        >
          They are handled once more, with their attempts counted anew. Was what they failed for put right? What fails
          again comes back here once, and is not tried in a loop.
        </BulkDialog>
      )}
      {asked === 'discard' && (
        <BulkDialog
          title={`Discard ${what}`}
          verb="Discard for good"
          total={total}
          canBePaced={false}
          workAt={() => workOf({ kind: 'discard' })}
          onClose={close}
        >
          They are not handled any more: this cannot be taken back. Nothing that they were to do happens, and their
          record says so.
        </BulkDialog>
      )}
    </Group>
  )
}
