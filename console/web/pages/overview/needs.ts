import type { FailureGroup } from 'makegood/operations/contract'
import { type Finding, findingsOnProcess } from 'makegood/operations/findings'
import type { AnswerOf } from '../../api/answers.ts'
import { listed } from '../../parts/listed.ts'
import { paths } from '../../parts/paths.ts'
import { lasting } from '../../parts/when.tsx'

/** Something that a person should look into. */
export interface Need {
  readonly key: string
  /** `now`: nobody else will; `soon`: it is still tried, or may mend itself. */
  readonly urgency: 'now' | 'soon'
  readonly says: string
  /** In others' words; null if there are none. */
  readonly because: string | null
  readonly since: string | null
  readonly href: string
  readonly runbook: string | null
}

export interface Known {
  readonly services: AnswerOf<'services'>
  readonly failures: AnswerOf<'failures'> | undefined
  /** Those that are being compensated, the oldest first. */
  readonly turningBack: AnswerOf<'sagas'> | undefined
  readonly now: number
}

/** The most urgent first. */
export function needsOf({ services, failures, turningBack, now }: Known): readonly Need[] {
  const groups = failures?.services.flatMap(({ service, groups }) => groups.map(group => ({ ...group, service }))) ?? []
  const ofKind = (kind: FailureGroup['kind']) => groups.filter(group => group.kind === kind).sort(byCount)
  return [
    ...ofKind('stuck saga').map(needOfGroup),
    ...ofKind('dead letter').map(needOfGroup),
    ...needsOfServices(services.services),
    ...ofKind('parked message')
      .filter(({ oldestAt }) => now - Date.parse(oldestAt) > longMs)
      .map(needOfGroup),
    ...needsOfTurningBack(turningBack, now),
  ]
}

/** Until then it is tried again and nobody needs to know. */
const longMs = 5 * 60_000

/** More than one process takes in a moment. */
const waitingMax = 1_000

type Group = FailureGroup & { readonly service: string }

function byCount(one: Group, other: Group): number {
  return other.count - one.count || one.oldestAt.localeCompare(other.oldestAt)
}

function needOfGroup(group: Group): Need {
  const { service, fingerprint, kind, says, oldestAt, runbook } = group
  return {
    key: `${service} ${fingerprint}`,
    urgency: kind === 'parked message' ? 'soon' : 'now',
    says: saysOfGroup(group),
    because: says,
    since: oldestAt,
    href: paths.failure(service, fingerprint),
    runbook,
  }
}

function saysOfGroup({ kind, service, what, count, more, step, code }: Group): string {
  const many = `${count}${more ? '+' : ''}`
  const isOne = count === 1 && !more
  switch (kind) {
    case 'stuck saga': {
      const where = `${step === null ? '' : ` at ${step}`}${code === null ? '' : ` (${code})`}`
      return isOne ? `1 ${what} is stuck${where}` : `${many} of ${what} are stuck${where}`
    }
    case 'dead letter':
      return `${many} ${isOne ? 'dead letter' : 'dead letters'} at ${service}: ${what}`
    case 'parked message':
      return `${many} ${isOne ? 'message is' : 'messages are'} tried again and again at ${service}: ${what}`
  }
}

type Process = AnswerOf<'services'>['services'][number]

/** A broker that is away is one matter, however many services say so. */
function needsOfServices(processes: readonly Process[]): readonly Need[] {
  const found = processes.map(process => ({ process, findings: findingsOnProcess(process) }))
  const cutOff = found.filter(({ findings }) => findings.some(isOfBroker))
  return [
    ...(cutOff.length === 0 ? [] : [needOfBroker(cutOff)]),
    ...found.flatMap(({ process, findings }) => [
      ...needsOfFindings(
        process,
        findings.filter(finding => !isOfBroker(finding)),
      ),
      ...needsOfQueue(process),
    ]),
  ]
}

interface Found {
  readonly process: Process
  readonly findings: readonly Finding[]
}

function isOfBroker({ runbook }: Finding): boolean {
  return runbook === 'broker-away'
}

function needOfBroker(cutOff: readonly Found[]): Need {
  const { says, runbook } = cutOff[0]!.findings.find(isOfBroker)!
  return {
    key: 'broker',
    urgency: 'now',
    says: `The broker does not answer ${listed([...new Set(cutOff.map(({ process }) => process.service))])}`,
    because: says,
    since: null,
    href: paths.services,
    runbook,
  }
}

function needsOfFindings({ service, url, ready }: Process, findings: readonly Finding[]): readonly Need[] {
  const [first] = findings
  if (first === undefined) return []
  return [
    {
      key: `findings ${service} ${url}`,
      urgency: ready ? 'soon' : 'now',
      says: ready ? `${service} has trouble` : `${service} is not ready`,
      because: findings.map(({ says }) => says).join(' '),
      since: null,
      href: paths.services,
      runbook: first.runbook,
    },
  ]
}

function needsOfQueue({ service, url, figures }: Process): readonly Need[] {
  const waiting = figures?.waiting ?? 0
  if (waiting <= waitingMax) return []
  return [
    {
      key: `waiting ${service} ${url}`,
      urgency: 'soon',
      says: `${waiting} messages wait in the queue of ${service}`,
      because: null,
      since: null,
      href: paths.services,
      runbook: 'service-away',
    },
  ]
}

function needsOfTurningBack(found: Known['turningBack'], now: number): readonly Need[] {
  return (found?.services ?? []).flatMap(({ service, sagas }) => {
    const [oldest] = sagas
    if (oldest === undefined || now - Date.parse(oldest.startedAt) < longMs) return []
    return [
      {
        key: `turning back ${service}`,
        urgency: 'soon' as const,
        says: `${oldest.definition} ${oldest.key} is being made good for ${lasting(now - Date.parse(oldest.changedAt))}, and is the oldest`,
        because: oldest.cause === null ? null : `${oldest.cause.code} at ${oldest.cause.step}`,
        since: oldest.startedAt,
        href: paths.sagas({ service, status: 'compensating', order: 'oldest' }),
        runbook: null,
      },
    ]
  })
}
