import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { type ReactNode, type Ref, useState } from 'react'

interface TextFilterProps {
  readonly label: string
  readonly placeholder: string
  readonly value: string | undefined
  readonly onChange: (value: string) => void
  readonly ref?: Ref<HTMLInputElement>
}

/** How long whoever types pauses before the list is asked for, in milliseconds: half a word finds nothing. */
const pauseMs = 400

export function TextFilter({ label, placeholder, value = '', onChange, ref }: TextFilterProps): ReactNode {
  const [text, setText] = useState(value)
  const [told, setTold] = useState(value)
  if (value !== told) {
    // The address has changed by other means.
    setTold(value)
    setText(value)
  }
  const tell = useDebouncedCallback((typed: string) => {
    setTold(typed)
    onChange(typed)
  }, pauseMs)
  return (
    <TextInput
      {...(ref === undefined ? {} : { ref })}
      label={label}
      placeholder={placeholder}
      value={text}
      maxLength={textLengthMax}
      onChange={({ currentTarget: { value: typed } }) => {
        setText(typed)
        tell(typed)
      }}
    />
  )
}

const textLengthMax = 1_024
