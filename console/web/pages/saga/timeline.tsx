import { Anchor, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import { type ReactNode, useEffect, useMemo } from 'react'
import { useFilters } from '../../parts/filters.ts'
import { Payload } from '../../parts/payload.tsx'
import { Said } from '../../parts/said.tsx'
import { clock, exactly, lasting } from '../../parts/when.tsx'
import { type Moment, momentsOf } from './moments.ts'
import type { Seen } from './story.ts'

/** Everything that happened, in every service, in the order of time. */
export function Timeline({ seen }: { readonly seen: Seen }): ReactNode {
  const [{ only = 'all' }, choose] = useFilters(['only'])
  const moments = useMemo(() => momentsOf(seen), [seen])
  const shown = moments.filter(({ kind, isEcho }) => (only === 'all' ? !isEcho : `${kind}s` === only))
  useGoToMoment()
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <SegmentedControl
          size="xs"
          aria-label="What is shown"
          value={only}
          onChange={value => choose({ only: value === 'all' ? undefined : value })}
          data={[
            { value: 'all', label: 'Everything' },
            { value: 'steps', label: 'Steps' },
            { value: 'messages', label: 'Messages' },
          ]}
        />
        <Text size="sm" c="var(--quiet)">
          Times are those of each service’s database.
        </Text>
      </Group>
      <ol className="moments">
        {shown.map(moment => (
          <MomentLine key={moment.key} moment={moment} from={seen.saga.startedAt} />
        ))}
      </ol>
    </Stack>
  )
}

function MomentLine({ moment, from }: { readonly moment: Moment; readonly from: string }): ReactNode {
  const { key, at, service, tone, says, detail } = moment
  return (
    <li id={key} data-tone={tone} tabIndex={-1}>
      <span className="moment-time">
        <Anchor href={`#${encodeURIComponent(key)}`} size="xs" c="inherit" title={exactly(at)}>
          <time dateTime={at}>{clock(at)}</time>
        </Anchor>
        <span className="moment-after">{offset(Date.parse(at) - Date.parse(from))}</span>
      </span>
      <span className="moment-service">
        <Said text={service} max={60} />
      </span>
      <div className="moment-says">
        {hasMore(detail) ? (
          <details>
            <summary>
              <Said text={says} max={600} />
            </summary>
            <Payload value={detail} label={`Details of: ${says}`} />
          </details>
        ) : (
          <Said text={says} max={600} />
        )}
      </div>
    </li>
  )
}

/** What started it was received before it began. */
function offset(ms: number): string {
  return ms < 0 ? `−${lasting(-ms)}` : `+${lasting(ms)}`
}

function hasMore(detail: unknown): boolean {
  return detail !== null && !(typeof detail === 'object' && Object.keys(detail).every(name => name === 'attempt'))
}

/** The browser looks for the place in the address before it is there. */
function useGoToMoment(): void {
  useEffect(() => {
    const place = location.hash === '' ? null : document.getElementById(decodeURIComponent(location.hash.slice(1)))
    place?.scrollIntoView({ block: 'center' })
    place?.focus({ preventScroll: true })
  }, [])
}
