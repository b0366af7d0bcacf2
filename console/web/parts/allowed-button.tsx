import { Button, type ButtonProps, Tooltip } from '@mantine/core'
import { type ActionKind, rolesOfActions } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { useMay } from '../api/session.ts'

interface AllowedButtonProps extends ButtonProps {
  readonly action: ActionKind
  /** Why it cannot be done just now, whoever asks. */
  readonly unless?: string | undefined
  readonly onClick: () => void
}

/** What whoever looks may not do stays where it is and says why; the keyboard comes to it all the same. */
export function AllowedButton({ action, unless, onClick, ...button }: AllowedButtonProps): ReactNode {
  const may = useMay()
  const why = may(action) ? unless : `This needs the role ${rolesOfActions[action]}.`
  if (why === undefined) return <Button {...button} onClick={onClick} />
  return (
    <Tooltip label={why} events={{ hover: true, focus: true, touch: true }}>
      <Button {...button} data-disabled aria-disabled title={why} onClick={event => event.preventDefault()} />
    </Tooltip>
  )
}
