import { Alert, Group } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useMay } from '../../api/session.ts'
import { AllowedButton } from '../../parts/allowed-button.tsx'
import { useFilters } from '../../parts/filters.ts'
import { Said } from '../../parts/said.tsx'
import { ActionDialog } from './action-dialog.tsx'
import { offersOf, suggested } from './offers.ts'
import type { Seen } from './story.ts'

interface ActionsProps {
  readonly seen: Seen
}

/** What can be done with it. `?do=retry` in the address opens one, so that a runbook or a colleague can point there. */
export function Actions({ seen }: ActionsProps): ReactNode {
  const { saga } = seen
  const [chosen, choose] = useFilters(['do'])
  const [done, setDone] = useState<string>()
  const may = useMay()
  const offers = offersOf(saga)
  const offer = offers.find(({ kind, unless }) => kind === chosen.do && unless === null && may(kind))
  const [opened, setOpened] = useState(offer)
  // Whoever decides goes on deciding, although what they decide on may have changed so that it cannot be done any more.
  if (opened?.kind !== chosen.do && opened !== offer) setOpened(offer)
  const first = suggested(saga)
  return (
    <>
      <Group gap="xs" role="group" aria-label="Actions">
        {offers.map(({ kind, label, unless }) => (
          <AllowedButton
            key={kind}
            action={kind}
            unless={unless ?? undefined}
            size="xs"
            variant={kind === first ? 'filled' : 'default'}
            onClick={() => {
              setDone(undefined)
              choose({ do: kind })
            }}
          >
            {label}
          </AllowedButton>
        ))}
      </Group>
      {done !== undefined && (
        <Alert color="green" title="Done" role="status" withCloseButton onClose={() => setDone(undefined)}>
          <Said text={done} max={1_000} />
        </Alert>
      )}
      {opened !== undefined && (
        <ActionDialog
          key={opened.kind}
          seen={seen}
          offer={opened}
          close={says => {
            choose({ do: undefined })
            setDone(says)
          }}
        />
      )}
    </>
  )
}
