import { Alert, Button, Group, Modal, NumberInput, Progress, Stack, Text, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type BulkWork, counted, doInPages, nothingYet, type Tally } from './in-pages.ts'
import { TallyTable } from './tally-table.tsx'

export interface BulkDialogProps {
  /** What is about to be done, and to what: `Redrive 12 dead letters`. */
  readonly title: string
  /** The word on the button. */
  readonly verb: string
  /** How many there are; undefined if that is not known. */
  readonly total: number | undefined
  /** What it means, and what cannot be taken back. */
  readonly children: ReactNode
  /** Why it cannot be done with what is filled in so far. */
  readonly unless?: string | undefined
  /** Whether somebody may want it slower than it goes. */
  readonly canBePaced: boolean
  readonly workAt: (perSecond: number | undefined) => BulkWork
  readonly onClose: () => void
}

type Stage =
  | { readonly at: 'form'; readonly preview: Tally | null; readonly error: Error | null }
  | { readonly at: 'looking' }
  | { readonly at: 'working'; readonly tally: Tally; readonly stop: AbortController }
  /** Stopped, or interrupted by an error: it can go on from there. */
  | { readonly at: 'halted'; readonly tally: Tally; readonly error: Error | null }
  | { readonly at: 'over'; readonly tally: Tally }

/** Asks for the reason, says what would happen, does it page by page, and says what came of it. */
export function BulkDialog(props: BulkDialogProps): ReactNode {
  const { title, verb, total, children, unless, canBePaced, workAt, onClose } = props
  const queries = useQueryClient()
  const [stage, setStage] = useState<Stage>({ at: 'form', preview: null, error: null })
  const [reason, setReason] = useState('')
  const [perSecond, setPerSecond] = useState<number | undefined>()
  const isBusy = stage.at === 'looking' || stage.at === 'working'

  const look = async () => {
    setStage({ at: 'looking' })
    try {
      const page = await workAt(perSecond).page(null, { reason: reason || 'A dry run', dryRun: true })
      setStage({ at: 'form', preview: counted(nothingYet, page), error: null })
    } catch (error) {
      setStage({ at: 'form', preview: null, error: error as Error })
    }
  }

  const work = async (from: Tally) => {
    const stop = new AbortController()
    let tally = from
    const tell = (now: Tally) => {
      tally = now
      setStage({ at: 'working', tally, stop })
    }
    tell(from)
    try {
      await doInPages(workAt(perSecond), from, reason, { perSecond, signal: stop.signal, pause }, tell)
      setStage(tally.isOver ? { at: 'over', tally } : { at: 'halted', tally, error: null })
    } catch (error) {
      setStage({ at: 'halted', tally, error: error as Error })
    }
    await queries.invalidateQueries()
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size="lg"
      closeOnEscape={!isBusy}
      closeOnClickOutside={false}
      withCloseButton={!isBusy}
    >
      <Stack gap="sm">
        {(stage.at === 'form' || stage.at === 'looking') && (
          <form
            onSubmit={event => {
              event.preventDefault()
              void work(nothingYet)
            }}
          >
            <Stack gap="sm">
              <Text size="sm" component="div">
                {children}
              </Text>
              <Textarea
                label="Reason"
                description="For whoever reads the audit."
                value={reason}
                onChange={event => setReason(event.currentTarget.value)}
                required
                maxLength={reasonLengthMax}
                data-autofocus
                autosize
                minRows={2}
                maxRows={6}
              />
              {canBePaced && (
                <NumberInput
                  label="No more than so many a second"
                  description="Left empty, it goes as fast as it can. Whoever handles them has to bear it."
                  value={perSecond ?? ''}
                  onChange={value => setPerSecond(typeof value === 'number' && value > 0 ? value : undefined)}
                  min={1}
                  max={1_000}
                  allowDecimal={false}
                />
              )}
              {stage.at === 'form' && stage.error !== null && <Trouble error={stage.error} />}
              {stage.at === 'form' && stage.preview !== null && <Preview tally={stage.preview} />}
              <Group justify="flex-end">
                <Button
                  variant="default"
                  onClick={() => void look()}
                  loading={stage.at === 'looking'}
                  disabled={unless !== undefined}
                >
                  Dry run
                </Button>
                <Button type="submit" disabled={stage.at === 'looking' || reason.trim() === '' || unless !== undefined}>
                  {verb}
                </Button>
              </Group>
            </Stack>
          </form>
        )}
        {stage.at === 'working' && (
          <>
            <HowFar tally={stage.tally} total={total} />
            <Group justify="flex-end">
              <Button
                variant="default"
                onClick={() => stage.stop.abort()}
                disabled={stage.stop.signal.aborted}
                data-autofocus
              >
                Stop after this page
              </Button>
            </Group>
          </>
        )}
        {stage.at === 'halted' && (
          <>
            {stage.error !== null && <Trouble error={stage.error} />}
            <Text size="sm" role="status">
              {stage.error === null
                ? 'Stopped. What was done stays done.'
                : 'It did not get further. What was done stays done; of the page that was under way it is not known.'}
            </Text>
            <TallyTable tally={stage.tally} />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Leave it
              </Button>
              <Button onClick={() => void work(stage.tally)}>Go on</Button>
            </Group>
          </>
        )}
        {stage.at === 'over' && (
          <>
            <Text size="sm" fw={600} role="status">
              {stage.tally.looked === 0 ? 'There was nothing left to do.' : 'That is all of them.'}
            </Text>
            <TallyTable tally={stage.tally} />
            <Group justify="flex-end">
              <Button onClick={onClose}>Close</Button>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  )
}

const reasonLengthMax = 1_000

function Preview({ tally }: { readonly tally: Tally }): ReactNode {
  return (
    <Stack gap="xs" role="status">
      <Text size="sm" fw={600}>
        {tally.isOver
          ? 'Nothing was done yet. This is what would happen:'
          : `Nothing was done yet. This is what would happen to the first ${tally.looked}; the others are looked at when it is their turn:`}
      </Text>
      <TallyTable tally={tally} />
    </Stack>
  )
}

function HowFar({ tally, total }: { readonly tally: Tally; readonly total: number | undefined }): ReactNode {
  const says = total === undefined ? `${tally.looked} so far` : `${tally.looked} of about ${total}`
  const percent = total === undefined || total === 0 ? 0 : Math.min(100, (tally.looked / total) * 100)
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        {says}
      </Text>
      {total !== undefined && <Progress value={percent} aria-label={says} animated />}
      <TallyTable tally={tally} />
    </Stack>
  )
}

function Trouble({ error }: { readonly error: Error }): ReactNode {
  return (
    <Alert color="red" title="That did not work" role="alert">
      {error.message}
    </Alert>
  )
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
