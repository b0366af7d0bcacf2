import { Textarea } from '@mantine/core'
import { masked } from 'makegood/operations/contract'
import { type ReactNode, useState } from 'react'
import { AllowedButton } from '../../parts/allowed-button.tsx'
import { BulkDialog } from '../../parts/bulk/bulk-dialog.tsx'
import { onLetters } from '../../parts/bulk/works.ts'
import type { LetterView } from '../../parts/letters/letters-table.tsx'

interface EditLetterProps {
  readonly letter: LetterView
  /** Why nothing can be done with it. */
  readonly unless: string | undefined
}

/** Redrives a letter with another payload, where the definition of its message allows it. */
export function EditLetter({ letter, unless = whyNot(letter) }: EditLetterProps): ReactNode {
  const [isAsked, setAsked] = useState(false)
  return (
    <>
      <AllowedButton action="edit" unless={unless} onClick={() => setAsked(true)} size="xs" variant="default">
        Edit and redrive it
      </AllowedButton>
      {isAsked && <EditDialog letter={letter} close={() => setAsked(false)} />}
    </>
  )
}

function whyNot({ editable, type, payload }: LetterView): string | undefined {
  // What is masked would be sent as it is shown.
  if (editable === true)
    return JSON.stringify(payload).includes(masked) ? 'Some of it is masked: show it first.' : undefined
  return editable === false
    ? `The definition of ${type} does not allow it: its option editable does.`
    : 'Whether its payload may be changed is not known: it cannot be read.'
}

interface EditDialogProps {
  readonly letter: LetterView
  readonly close: () => void
}

function EditDialog({ letter, close }: EditDialogProps): ReactNode {
  const [text, setText] = useState(() => JSON.stringify(letter.payload, null, 2))
  const payload = read(text)
  return (
    <BulkDialog
      title="Edit and redrive it"
      verb="Redrive as edited"
      total={1}
      canBePaced={false}
      unless={'says' in payload ? payload.says : undefined}
      workAt={() => onLetters([letter], { kind: 'redrive', payload: 'value' in payload ? payload.value : null })}
      onClose={close}
    >
      <Textarea
        label="Payload"
        description="As JSON. It has to be what the definition of the message asks for. The audit keeps that it was changed."
        value={text}
        onChange={event => setText(event.currentTarget.value)}
        error={'says' in payload ? payload.says : undefined}
        className="payload-editor"
        spellCheck={false}
        autosize
        minRows={8}
        maxRows={24}
      />
    </BulkDialog>
  )
}

type Read = { readonly value: unknown } | { readonly says: string }

function read(text: string): Read {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { says: `This is not JSON: ${(error as Error).message}` }
  }
}
