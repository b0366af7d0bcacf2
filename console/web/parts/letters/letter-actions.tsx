import { Group } from '@mantine/core'
import type { DeadLetterAction } from 'makegood/operations/contract'
import { type ReactNode, useState } from 'react'
import { AllowedButton } from '../allowed-button.tsx'
import { BulkDialog } from '../bulk/bulk-dialog.tsx'
import type { BulkWork } from '../bulk/in-pages.ts'

/** What is acted on. */
export interface LetterWork {
  /** `it`, `the 3 chosen`, `all of them` */
  readonly what: string
  readonly total: number | undefined
  readonly workOf: (action: DeadLetterAction) => BulkWork
}

interface LetterActionsProps extends LetterWork {
  /** Why nothing can be done just now. */
  readonly unless?: string | undefined
  /** Beside them. */
  readonly children?: ReactNode
}

/** Redrive and discard, each with its dialog: about what was there when it was opened, whatever is left of it. */
export function LetterActions({ unless, children, ...work }: LetterActionsProps): ReactNode {
  const [asked, setAsked] = useState<LetterWork & { readonly kind: DeadLetterAction['kind'] }>()
  const close = () => setAsked(undefined)
  return (
    <Group gap="xs">
      <AllowedButton action="redrive" unless={unless} onClick={() => setAsked({ ...work, kind: 'redrive' })} size="xs">
        Redrive {work.what}
      </AllowedButton>
      {children}
      <AllowedButton
        action="discard"
        unless={unless}
        onClick={() => setAsked({ ...work, kind: 'discard' })}
        size="xs"
        color="red"
        variant="outline"
      >
        Discard {work.what}
      </AllowedButton>
      {asked?.kind === 'redrive' && <RedriveDialog {...asked} close={close} />}
      {asked?.kind === 'discard' && <DiscardDialog {...asked} close={close} />}
    </Group>
  )
}

interface DialogProps extends LetterWork {
  readonly close: () => void
}

function RedriveDialog({ what, total, workOf, close }: DialogProps): ReactNode {
  return (
    <BulkDialog
      title={`Redrive ${what}`}
      verb="Redrive"
      total={total}
      canBePaced={total !== 1}
      workAt={perSecond => workOf({ kind: 'redrive', ...(perSecond === undefined ? {} : { perSecond }) })}
      onClose={close}
    >
      {total === 1 ? 'It is' : 'They are'} handled once more, with attempts counted anew. Was the cause put right? What
      fails again comes back here once, and is not tried in a loop.
    </BulkDialog>
  )
}

function DiscardDialog({ what, total, workOf, close }: DialogProps): ReactNode {
  return (
    <BulkDialog
      title={`Discard ${what}`}
      verb="Discard for good"
      total={total}
      canBePaced={false}
      workAt={() => workOf({ kind: 'discard' })}
      onClose={close}
    >
      {total === 1 ? 'It is' : 'They are'} not handled any more, and this cannot be taken back: what was to be done does
      not happen, and the record says so.
    </BulkDialog>
  )
}
