import { Alert, Button, Group, Modal, NumberInput, Progress, Stack, Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Said } from '../said.tsx'
import type { BulkWork, Tally } from './in-pages.ts'
import { TallyTable } from './tally-table.tsx'
import { type Order, type Stage, useBulk } from './use-bulk.ts'

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

/** Asks for the reason, says what would happen, does it page by page, and says what came of it. */
export function BulkDialog(props: BulkDialogProps): ReactNode {
  const { title, total, workAt, onClose } = props
  const [order, setOrder] = useState<Order>({ reason: '', perSecond: undefined })
  const { stage, look, work } = useBulk(workAt)
  const isBusy = stage.at === 'looking' || stage.at === 'working'
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
          <Form
            {...props}
            stage={stage}
            order={order}
            fill={setOrder}
            look={() => look(order)}
            work={() => work(order)}
          />
        )}
        {stage.at === 'working' && <Working {...stage} total={total} />}
        {stage.at === 'halted' && <Halted {...stage} leave={onClose} goOn={() => work(order, stage.tally)} />}
        {stage.at === 'over' && <Over {...stage} close={onClose} />}
      </Stack>
    </Modal>
  )
}

// ── Before ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface FormProps extends BulkDialogProps {
  readonly stage: Extract<Stage, { at: 'form' | 'looking' }>
  readonly order: Order
  readonly fill: (order: Order) => void
  readonly look: () => Promise<void>
  readonly work: () => Promise<void>
}

function Form({ verb, children, unless, canBePaced, stage, order, fill, look, work }: FormProps): ReactNode {
  const isLooking = stage.at === 'looking'
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        void work()
      }}
    >
      <Stack gap="sm">
        <Text size="sm" component="div">
          {children}
        </Text>
        <Textarea
          label="Reason"
          description="For whoever reads the audit."
          value={order.reason}
          onChange={event => fill({ ...order, reason: event.currentTarget.value })}
          required
          maxLength={reasonLengthMax}
          data-autofocus
          autosize
          minRows={2}
          maxRows={6}
        />
        {canBePaced && <Pace value={order.perSecond} onChange={perSecond => fill({ ...order, perSecond })} />}
        {stage.at === 'form' && stage.error !== null && <Trouble error={stage.error} />}
        {stage.at === 'form' && stage.preview !== null && <Preview tally={stage.preview} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => void look()} loading={isLooking} disabled={unless !== undefined}>
            Dry run
          </Button>
          <Button type="submit" disabled={isLooking || order.reason.trim() === '' || unless !== undefined}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const reasonLengthMax = 1_000

interface PaceProps {
  readonly value: number | undefined
  readonly onChange: (perSecond: number | undefined) => void
}

function Pace({ value, onChange }: PaceProps): ReactNode {
  return (
    <NumberInput
      label="No more than so many a second"
      description="Left empty, it goes as fast as it can. Whoever handles them has to bear it."
      value={value ?? ''}
      onChange={given => onChange(typeof given === 'number' && given > 0 ? given : undefined)}
      min={1}
      max={1_000}
      allowDecimal={false}
    />
  )
}

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

// ── Meanwhile ───────────────────────────────────────────────────────────────────────────────────────────────────────

type WorkingProps = Extract<Stage, { at: 'working' }> & { readonly total: number | undefined }

function Working({ tally, isStopping, stop, total }: WorkingProps): ReactNode {
  const says = total === undefined ? `${tally.looked} so far` : `${tally.looked} of about ${total}`
  return (
    <>
      <Text size="sm" role="status">
        {says}
      </Text>
      {total !== undefined && total > 0 && (
        <Progress value={Math.min(100, (tally.looked / total) * 100)} aria-label={says} animated />
      )}
      <TallyTable tally={tally} />
      <Group justify="flex-end">
        <Button variant="default" onClick={stop} disabled={isStopping} data-autofocus>
          {isStopping ? 'Stopping after this page…' : 'Stop after this page'}
        </Button>
      </Group>
    </>
  )
}

// ── Afterwards ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface HaltedProps {
  readonly tally: Tally
  readonly error: Error | null
  readonly leave: () => void
  readonly goOn: () => Promise<void>
}

function Halted({ tally, error, leave, goOn }: HaltedProps): ReactNode {
  return (
    <>
      {error !== null && <Trouble error={error} />}
      <Text size="sm" role="status">
        {error === null
          ? 'Stopped. What was done stays done.'
          : 'It did not get further. What was done stays done; of what was under way it is not known.'}
      </Text>
      <TallyTable tally={tally} />
      <Group justify="flex-end">
        <Button variant="default" onClick={leave}>
          Leave it
        </Button>
        <Button onClick={() => void goOn()}>Go on</Button>
      </Group>
    </>
  )
}

function Over({ tally, close }: { readonly tally: Tally; readonly close: () => void }): ReactNode {
  return (
    <>
      <Text size="sm" fw={600} role="status">
        {tally.looked === 0 ? 'There was nothing left to do.' : 'That is all of them.'}
      </Text>
      <TallyTable tally={tally} />
      <Group justify="flex-end">
        <Button onClick={close} data-autofocus>
          Close
        </Button>
      </Group>
    </>
  )
}

function Trouble({ error }: { readonly error: Error }): ReactNode {
  return (
    <Alert color="red" title="That did not work" role="alert">
      <Said text={error.message} max={1_000} />
    </Alert>
  )
}
