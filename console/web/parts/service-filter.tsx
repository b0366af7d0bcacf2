import { Select } from '@mantine/core'
import type { ReactNode } from 'react'
import { useAnswer } from '../api/answers.ts'

interface ServiceFilterProps {
  readonly value: string | undefined
  readonly onChange: (service: string | undefined) => void
}

export function ServiceFilter({ value, onChange }: ServiceFilterProps): ReactNode {
  const { data } = useAnswer('services')
  const known = new Set(data?.services.map(({ service }) => service))
  if (value !== undefined) known.add(value)
  return (
    <Select
      label="Service"
      placeholder="All"
      data={[...known].sort()}
      value={value ?? null}
      onChange={service => onChange(service ?? undefined)}
      clearable
      searchable
      clearButtonProps={{ 'aria-label': 'All services' }}
    />
  )
}
