import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { masked } from 'makegood/operations/contract'
import { type ReactNode, useState } from 'react'
import { useMay } from '../api/session.ts'

interface MaskedProps {
  /** What may hold masked values. */
  readonly value: unknown
  readonly reveal: (reason: string) => Promise<void>
}

/** Says that values are masked, and lets an admin see them for a reason. */
export function Masked({ value, reveal }: MaskedProps): ReactNode {
  const may = useMay()
  const [isAsked, setAsked] = useState(false)
  if (!JSON.stringify(value).includes(masked)) return null
  return (
    <Alert color="blue" title="Secrets and personal values are masked">
      {may('admin') ? (
        <Stack gap="xs" align="flex-start">
          <Text size="sm">You may see them. The audit says that you did, and why.</Text>
          <Button size="xs" variant="default" onClick={() => setAsked(true)}>
            Show them
          </Button>
        </Stack>
      ) : (
        <Text size="sm">An admin may see them.</Text>
      )}
      {isAsked && <ReasonDialog reveal={reveal} close={() => setAsked(false)} />}
    </Alert>
  )
}

interface ReasonDialogProps {
  readonly reveal: (reason: string) => Promise<void>
  readonly close: () => void
}

function ReasonDialog({ reveal, close }: ReasonDialogProps): ReactNode {
  const [reason, setReason] = useState('')
  const [state, setState] = useState<{ readonly isAsking: boolean; readonly says?: string }>({ isAsking: false })
  const ask = async () => {
    setState({ isAsking: true })
    try {
      await reveal(reason)
      close()
    } catch (error) {
      setState({ isAsking: false, says: (error as Error).message })
    }
  }
  return (
    <Modal opened onClose={close} title="Show what is masked">
      <form
        onSubmit={event => {
          event.preventDefault()
          void ask()
        }}
      >
        <Stack gap="sm">
          <Textarea
            label="Reason"
            description="For whoever reads the audit."
            value={reason}
            onChange={event => setReason(event.currentTarget.value)}
            error={state.says}
            required
            data-autofocus
          />
          <Group justify="flex-end">
            <Button type="submit" disabled={reason.trim() === ''} loading={state.isAsking}>
              Show them
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
