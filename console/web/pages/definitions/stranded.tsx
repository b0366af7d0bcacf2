import { Alert, Anchor, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useAnswer } from '../../api/answers.ts'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import { strandedIn } from './stranded-in.ts'

/** Names the versions that have sagas in flight and that no process hosts; of one definition, or of all. */
export function Stranded({ of: name }: { readonly of?: string }): ReactNode {
  const { data } = useAnswer('services')
  const stranded = strandedIn(data?.services ?? []).filter(each => name === undefined || each.definition === name)
  if (stranded.length === 0) return null
  return (
    <Alert color="red" title="Stranded versions">
      <Stack gap={4}>
        {stranded.map(({ service, definition, version, sagas }) => (
          <Text size="sm" key={`${service} ${definition} ${version}`}>
            <Anchor component={Link} href={paths.sagas({ service, definition, version })} size="sm">
              {sagas} of <Said text={definition} max={100} /> version {version}
            </Anchor>{' '}
            are in flight, and no process of {service} hosts that version: nothing takes them on.{' '}
            <Anchor component={Link} href={paths.runbook('stranded-version')} size="sm">
              What to do
            </Anchor>
          </Text>
        ))}
      </Stack>
    </Alert>
  )
}
