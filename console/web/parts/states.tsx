import { Alert, Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { AwayService } from '../../server/contract.ts'
import { useAnswer } from '../api/answers.ts'
import { Problem } from '../api/problem.ts'
import { listed } from './listed.ts'
import { When } from './when.tsx'

interface AnsweredProps<Data> {
  readonly of: UseQueryResult<Data, Error>
  /** Once on a page is enough. @defaultValue true */
  readonly saysWhoIsAway?: boolean
  readonly children: (data: Data) => ReactNode
}

/** What stands where an answer will be: lines, or what is wrong and what to do about it, or the answer itself. */
export function Answered<Data>({
  of: { data, error, refetch, isFetching },
  saysWhoIsAway = true,
  children,
}: AnsweredProps<Data>): ReactNode {
  if (data === undefined && error === null) return <Loading />
  return (
    <Stack gap="md">
      {error !== null && (
        <Trouble error={error} again={() => void refetch()} isTrying={isFetching} isOld={data !== undefined} />
      )}
      {data !== undefined && saysWhoIsAway && <AwayNotice away={awayOf(data)} />}
      {data !== undefined && children(data)}
    </Stack>
  )
}

export function Loading(): ReactNode {
  return (
    <Stack gap="xs" role="status" aria-label="Loading">
      <Skeleton h={28} w="40%" />
      <Skeleton h={20} />
      <Skeleton h={20} />
      <Skeleton h={20} w="80%" />
    </Stack>
  )
}

interface TroubleProps {
  readonly error: Error
  readonly again: () => void
  readonly isTrying: boolean
  /** Whether what is shown below is from before. */
  readonly isOld: boolean
}

function Trouble({ error, again, isTrying, isOld }: TroubleProps): ReactNode {
  return (
    <Alert color="red" title={titleOf(error)} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{error.message}</Text>
        {isOld && <Text size="sm">What is shown below is what was known before.</Text>}
        <Button size="xs" variant="default" onClick={again} loading={isTrying}>
          Try again
        </Button>
      </Stack>
    </Alert>
  )
}

function titleOf(error: Error): string {
  if (!(error instanceof Problem)) return 'No answer'
  return error.status === 403 ? 'You may not see this' : (error.problem.title ?? 'That did not work')
}

function awayOf(data: unknown): readonly AwayService[] {
  return (data as { readonly away?: readonly AwayService[] }).away ?? []
}

/** Says which services do not answer, and how old what is shown of them is. */
export function AwayNotice({ away }: { readonly away: readonly AwayService[] }): ReactNode {
  const known = useAnswer('services').data?.services ?? []
  if (away.length === 0) return null
  return (
    <Alert color="orange" title={away.length === 1 ? 'A service does not answer' : 'Some services do not answer'}>
      <Stack gap={4}>
        {away.map(({ url, says, asOf }) => (
          <Text size="sm" key={url}>
            {listed(known.filter(each => each.url === url).map(({ service }) => service))}{' '}
            <Anchor href={url} target="_blank" rel="noreferrer" size="sm">
              <code>{url}</code>
            </Anchor>
            : {sentence(says)}{' '}
            {asOf === null ? (
              'Nothing is known of it yet.'
            ) : (
              <>
                What is shown of it is from <When at={asOf} />.
              </>
            )}
          </Text>
        ))}
      </Stack>
    </Alert>
  )
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** Nothing is there: what that means, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <Stack align="center" gap="xs" py="xl" className="empty">
      <Text fw={600}>{title}</Text>
      {children !== undefined && (
        <Group gap="xs" justify="center" ta="center">
          <Text size="sm" component="div" c="var(--quiet)">
            {children}
          </Text>
        </Group>
      )}
    </Stack>
  )
}
