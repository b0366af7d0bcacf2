import { Button, Group, Text } from '@mantine/core'
import type { RequestedAction } from 'makegood/operations/contract'
import { type ReactNode, useState } from 'react'
import { AllowedButton } from '../../parts/allowed-button.tsx'
import { BulkDialog } from '../../parts/bulk/bulk-dialog.tsx'
import type { ListedSaga } from './merge.ts'
import { onSagas } from './works.ts'

type BulkKind = 'retry' | 'compensate' | 'abandon'

const bulk: readonly { readonly kind: BulkKind; readonly label: string; readonly says: string }[] = [
  {
    kind: 'retry',
    label: 'Retry now',
    says: 'Sends what is open in each as a new attempt, at once. Whoever has done it already does nothing twice.',
  },
  {
    kind: 'compensate',
    label: 'Compensate',
    says: 'Each turns back: what its steps have done is made good, and it ends compensated.',
  },
  {
    kind: 'abandon',
    label: 'Abandon',
    says: 'Each ends as it is, for good. Nothing is undone, and nothing can take it on again.',
  },
]

interface ChosenProps {
  readonly sagas: readonly ListedSaga[]
  readonly clear: () => void
}

/** What can be done to those that were chosen. What came of it is told although they may have left the list by then. */
export function Chosen({ sagas, clear }: ChosenProps): ReactNode {
  const [kind, setKind] = useState<BulkKind>()
  const offer = bulk.find(each => each.kind === kind)
  // Those that were chosen when it began, each as it was then.
  const [begun, setBegun] = useState<readonly ListedSaga[]>([])
  return (
    <>
      {sagas.length > 0 && (
        <section className="chosen" aria-label="What was chosen">
          <Group gap="xs">
            <Text size="sm" role="status">
              {sagas.length === 1 ? '1 chosen' : `${sagas.length} chosen`}
            </Text>
            {bulk.map(({ kind, label }) => (
              <AllowedButton
                key={kind}
                action={kind}
                size="xs"
                variant="default"
                onClick={() => {
                  setBegun(sagas)
                  setKind(kind)
                }}
              >
                {label}
              </AllowedButton>
            ))}
            <Button size="xs" variant="subtle" onClick={clear}>
              Choose none
            </Button>
          </Group>
        </section>
      )}
      {offer !== undefined && (
        <BulkDialog
          title={`${offer.label}: ${begun.length === 1 ? '1 saga' : `${begun.length} sagas`}`}
          verb={offer.label}
          total={begun.length}
          canBePaced={false}
          workAt={() => onSagas(begun, { kind: offer.kind } satisfies RequestedAction)}
          onClose={() => {
            setKind(undefined)
            clear()
          }}
        >
          {offer.says} One that has changed since it was shown here is left alone.
        </BulkDialog>
      )}
    </>
  )
}
