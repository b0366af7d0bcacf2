import { Anchor, Stack, Text } from '@mantine/core'
import type { SagaInFull } from 'makegood/operations/contract'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { paths } from '../../parts/paths.ts'
import { Said } from '../../parts/said.tsx'
import type { Story } from './story.ts'

interface StoryBoxProps {
  readonly story: Story
  readonly trouble: SagaInFull['trouble']
}

/** Where the saga is, why, and what to do: above everything else. */
export function StoryBox({ story: { tone, says, because, todo }, trouble }: StoryBoxProps): ReactNode {
  return (
    <section className="story" data-tone={tone} aria-label="What has happened">
      <Stack gap={6}>
        <Text fw={600}>
          <Said text={says} max={wordsMax} />
        </Text>
        {because.map(sentence => (
          <Text size="sm" key={sentence}>
            <Said text={sentence} max={wordsMax} />
          </Text>
        ))}
      </Stack>
      {(todo.length > 0 || trouble !== null) && (
        <div className="story-todo">
          <h2>What to do</h2>
          <ul>
            {todo.map(({ says, link }) => (
              <li key={says}>
                <Said text={says} max={wordsMax} />
                {link !== undefined && (
                  <>
                    {' '}
                    <Anchor component={Link} href={link.href} size="sm">
                      {link.says}
                    </Anchor>
                  </>
                )}
              </li>
            ))}
            {trouble !== null && (
              <li>
                Step by step:{' '}
                <Anchor component={Link} href={paths.runbook(trouble.runbook)} size="sm">
                  runbook {trouble.runbook}
                </Anchor>
              </li>
            )}
          </ul>
        </div>
      )}
    </section>
  )
}

const wordsMax = 2_000
