import { Alert, Button, Group, JsonInput, List, Modal, Select, Stack, Text, Textarea } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import {
  type ActOnSagas,
  type RequestedAction,
  routes,
  type SagaActionResult,
  type SagaActionResults,
  type SagaInFull,
} from 'makegood/operations/contract'
import { type ReactNode, useState } from 'react'
import { post } from '../../api/request.ts'
import { Said } from '../../parts/said.tsx'
import { Loading } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { EffectView } from './effect.tsx'
import { readEntry } from './moments.ts'
import type { Offer } from './offers.ts'
import type { Seen } from './story.ts'

interface ActionDialogProps {
  readonly seen: Seen
  readonly offer: Offer
  /** With what was done, if anything was. */
  readonly close: (done?: string) => void
}

/**
 * Says what would happen, asks for the reason, and does it to the saga as it was when that was said: if it has changed
 * since, whoever decides is told what, and decides again.
 */
export function ActionDialog({ seen, offer, close }: ActionDialogProps): ReactNode {
  const { saga, participants } = seen
  const queries = useQueryClient()
  // What is decided on is what was there when the dialog opened, and not what arrives meanwhile.
  const [decidedOn, setDecidedOn] = useState(saga)
  const [step, setStep] = useState(offer.steps.length === 1 ? offer.steps[0]! : null)
  const [reply, setReply] = useState('{}')
  const [reason, setReason] = useState('')
  const [isActing, setActing] = useState(false)
  const [result, setResult] = useState<SagaActionResult | Error>()

  const action = actionOf(offer, step, reply)
  const request = (how: Pick<ActOnSagas, 'reason' | 'dryRun'>) =>
    ask({ items: [{ id: saga.id, revision: decidedOn.revision }], action: action as RequestedAction, ...how })
  const preview = useQuery({
    queryKey: ['dry run', saga.id, decidedOn.revision, action],
    queryFn: () => request({ reason: 'A dry run', dryRun: true }),
    enabled: typeof action !== 'string',
  })
  const hasChanged = decidedOn.revision !== saga.revision
  const wouldBeDone = preview.data?.outcome === 'would be done'

  const act = async () => {
    setActing(true)
    const got = await request({ reason: reason.trim() }).catch((error: Error) => error)
    setActing(false)
    await queries.invalidateQueries()
    if (!(got instanceof Error) && got.outcome === 'done') close(got.says)
    else setResult(got)
  }

  const decideAgain = () => {
    setDecidedOn(saga)
    setResult(undefined)
  }

  return (
    <Modal opened onClose={() => close()} title={offer.label} size="lg" closeOnClickOutside={false}>
      <form
        onSubmit={event => {
          event.preventDefault()
          void act()
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{offer.says}</Text>
          {offer.steps.length > 0 && (
            <Select
              label="Step"
              data={[...offer.steps]}
              value={step}
              onChange={setStep}
              allowDeselect={false}
              placeholder="Which one?"
              required
            />
          )}
          {offer.takesReply && (
            <JsonInput
              label="Its reply"
              description="As JSON: what the participant would have replied. Later steps and compensations are made from it."
              value={reply}
              onChange={setReply}
              error={action === notJson ? notJson : undefined}
              autosize
              minRows={3}
              maxRows={12}
              formatOnBlur
            />
          )}
          {hasChanged ? (
            <Changed from={decidedOn} to={seen} again={decideAgain} />
          ) : (
            <Preview answer={preview.data ?? null} error={preview.error} isAsked={typeof action !== 'string'}>
              {result => result.effect !== null && <EffectView of={result.effect} participants={participants} />}
            </Preview>
          )}
          {result !== undefined && !hasChanged && <NotDone result={result} />}
          <Textarea
            label="Reason"
            description="For whoever reads the audit and the saga’s journal."
            value={reason}
            onChange={event => setReason(event.currentTarget.value)}
            maxLength={reasonLengthMax}
            autosize
            minRows={2}
            maxRows={6}
            required
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => close()}>
              Leave it
            </Button>
            <Button
              type="submit"
              color={offer.kind === 'abandon' ? 'red.9' : 'blue.8'}
              disabled={!wouldBeDone || hasChanged || reason.trim() === ''}
              loading={isActing}
            >
              {offer.label}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

const reasonLengthMax = 1_000

const notJson = 'This is not JSON.'

/** Why there is none yet, if there is none. */
function actionOf({ kind, steps }: Offer, step: string | null, reply: string): RequestedAction | string {
  if (steps.length === 0) return { kind } as RequestedAction
  if (step === null) return 'Choose a step.'
  if (kind === 'skip') return { kind, step }
  try {
    return { kind: 'resolve', step, reply: JSON.parse(reply) as unknown }
  } catch {
    return notJson
  }
}

async function ask(request: ActOnSagas): Promise<SagaActionResult> {
  const { results } = await post<SagaActionResults>(routes.actOnSagas.path, request)
  return results[0]!
}

interface PreviewProps {
  readonly answer: SagaActionResult | null
  readonly error: Error | null
  readonly isAsked: boolean
  readonly children: (result: SagaActionResult) => ReactNode
}

function Preview({ answer, error, isAsked, children }: PreviewProps): ReactNode {
  if (!isAsked) return null
  if (error !== null) {
    return (
      <Alert color="red" title="What would happen cannot be said">
        {error.message}
      </Alert>
    )
  }
  if (answer === null) return <Loading />
  const { outcome, says } = answer
  return (
    <section className="preview" aria-label="What would happen">
      <Text size="sm" fw={600} role="status">
        {outcome === 'would be done' ? 'This is what would happen:' : 'This cannot be done:'}
      </Text>
      {answer.effect === null && (
        <Text size="sm">
          <Said text={says} max={1_000} />
        </Text>
      )}
      {children(answer)}
    </section>
  )
}

interface ChangedProps {
  readonly from: SagaInFull
  readonly to: Seen
  readonly again: () => void
}

/** Somebody else, or an answer, was faster. */
function Changed({ from, to, again }: ChangedProps): ReactNode {
  const since = to.saga.journal.slice(from.journal.length)
  return (
    <Alert color="orange" title="It has changed since you began to decide" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm" component="div">
          It was <Status of={from.status} />, and is <Status of={to.saga.status} /> now.
          {since.length > 0 && ' Since then:'}
        </Text>
        <List size="sm">
          {since.slice(0, sinceMax).map((entry, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a journal is only added to.
            <List.Item key={at}>
              <Said text={readEntry(to, entry).says} max={500} />
            </List.Item>
          ))}
          {since.length > sinceMax && <List.Item>{since.length - sinceMax} more, in the timeline</List.Item>}
        </List>
        <Button size="xs" variant="default" onClick={again}>
          Decide on it as it is now
        </Button>
      </Stack>
    </Alert>
  )
}

const sinceMax = 6

function NotDone({ result }: { readonly result: SagaActionResult | Error }): ReactNode {
  const says = result instanceof Error ? result.message : result.says
  const title = result instanceof Error ? 'Whether it was done is not known' : titles[result.outcome]
  return (
    <Alert color="red" title={title ?? 'It was not done'} role="alert">
      <Said text={says} max={1_000} />
    </Alert>
  )
}

const titles: { readonly [Outcome in SagaActionResult['outcome']]?: string } = {
  outdated: 'It has changed since, and nothing was done',
  forbidden: 'You may not do this',
  refused: 'It cannot be done',
  unknown: 'No service has it any more',
}
