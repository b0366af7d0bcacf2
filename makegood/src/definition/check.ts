import { freeze } from './freeze.ts'
import { invalid, isMessageType, isName, messageTypeRule, nameRule } from './naming.ts'
import { type RetryOptions, type Saga, type SagaStep, stepsOf, type Timing } from './saga.ts'
import { isSchema } from './schema.ts'

/**
 * Refuses a definition that breaks a rule and freezes one that does not. Most of it repeats the compiler, for those who
 * come from JavaScript; lengths, numbers and names are checked only here.
 *
 * @throws MakegoodError `DEFINITION_INVALID`, naming saga, version, step and rule.
 */
export function checked(saga: Saga): Saga {
  checkHead(saga)
  checkSteps(saga)
  checkOrder(saga)
  checkEnds(saga)
  return freeze(saga)
}

const stepsMax = 64
const dayMs = 24 * 60 * 60_000

/** From, to and unit of every number in a definition; `definition/timing.ts` has the defaults. */
const ranges: { readonly [Name in NumberName]: readonly [from: number, to: number, unit: string] } = {
  version: [1, 2_147_483_647, ''],
  deadlineMs: [100, 30 * dayMs, ' ms'],
  attempts: [1, 1_000, ''],
  forMs: [1, 7 * dayMs, ' ms'],
  firstDelayMs: [1, dayMs, ' ms'],
  delayMsMax: [1, dayMs, ' ms'],
}

type NumberName = 'version' | 'deadlineMs' | 'attempts' | 'forMs' | 'firstDelayMs' | 'delayMsMax'

/** Stands for the operator as a cause of compensation. */
const stepNamesTaken: readonly string[] = ['operator']

const kinds: ReadonlySet<string> = new Set<SagaStep['kind']>(['compensatable', 'pivot', 'retriable', 'best-effort'])

function checkHead(saga: Saga): void {
  if (!isName(saga.name)) throw invalid(`Saga ${JSON.stringify(saga.name)}`, nameRule)
  const where = placeOf(saga)
  checkNumber(where, 'version', saga.version ?? Number.NaN)
  checkNumber(where, 'deadlineMs', saga.deadlineMs)
  if (!isSchema(saga.data)) throw invalid(where, '`data` is a Standard Schema')
  if (saga.startsOn === undefined) return
  checkEvent(where, '`startsOn`', saga.startsOn.event)
  checkFunction(where, '`key` of `startsOn`', saga.startsOn.key)
  checkFunction(where, '`data` of `startsOn`', saga.startsOn.data)
}

function checkSteps(saga: Saga): void {
  const steps = stepsOf(saga)
  if (steps.length === 0) throw invalid(placeOf(saga), 'a saga has at least one step')
  if (steps.length > stepsMax) throw invalid(placeOf(saga), `a saga has at most ${stepsMax} steps, not ${steps.length}`)
  const names = new Set<string>()
  for (const step of steps) {
    checkStep(placeOf(saga, step), step)
    if (names.has(step.name)) throw invalid(placeOf(saga, step), `this saga already has a step named ${step.name}`)
    names.add(step.name)
  }
}

function checkStep(where: string, step: SagaStep): void {
  if (!isName(step.name)) throw invalid(where, nameRule)
  if (stepNamesTaken.includes(step.name)) throw invalid(where, 'this name stands for the operator; choose another')
  if (!kinds.has(step.kind)) throw invalid(where, `a step is one of ${[...kinds].join(', ')}, not ${step.kind}`)
  checkCommand(where, 'a step', step.command)
  checkFunction(where, '`payload`', step.payload)
  checkTiming(where, step)
  if (step.when !== undefined) checkFunction(where, '`when`', step.when)
  if (step.when !== undefined && step.kind === 'pivot')
    throw invalid(where, 'a pivot cannot be left out; it has no `when`')
  checkCompensation(where, step)
}

function checkCompensation(where: string, { kind, compensation }: SagaStep): void {
  if (kind !== 'compensatable') {
    if (compensation !== undefined) throw invalid(where, 'only a compensatable step has a compensation')
    return
  }
  if (compensation === 'not needed') return
  if (typeof compensation !== 'object' || compensation === null) {
    throw invalid(where, "a compensatable step says how it is undone, { command, payload }, or 'not needed'")
  }
  const itsOwn = `${where}, compensation`
  checkCommand(itsOwn, 'a compensation', compensation.command)
  checkFunction(itsOwn, '`payload`', compensation.payload)
  if (compensation.inDoubt !== undefined) checkFunction(itsOwn, '`inDoubt`', compensation.inDoubt)
  checkTiming(itsOwn, compensation)
}

/** Compensatable steps, then at most one pivot, then retriable ones; best effort anywhere. */
function checkOrder(saga: Saga): void {
  let turned = false
  for (const stage of saga.stages) {
    if (stage.length === 0) throw invalid(placeOf(saga), 'a parallel group has at least one step')
    for (const step of stage) {
      const where = placeOf(saga, step)
      if (turned && step.kind === 'compensatable') {
        throw invalid(where, 'a compensatable step cannot come after the pivot; use retriable or bestEffort')
      }
      if (turned && step.kind === 'pivot') throw invalid(where, 'a saga has one pivot; use retriable or bestEffort')
      if (stage.length > 1 && step.kind === 'pivot')
        throw invalid(where, 'a pivot decides alone, not in a parallel group')
      if (step.kind === 'retriable' && stage.some(other => other.kind === 'compensatable')) {
        throw invalid(where, 'a retriable step cannot run beside a compensatable one')
      }
    }
    turned ||= stage.some(step => step.kind === 'pivot' || step.kind === 'retriable')
  }
}

function checkEnds(saga: Saga): void {
  for (const [end, published] of Object.entries<Saga['ends']['completed']>(saga.ends)) {
    const where = `${placeOf(saga)}, end ${end}`
    if (end !== 'completed' && end !== 'compensated') throw invalid(where, 'a saga ends completed or compensated')
    if (published === undefined) continue
    checkEvent(where, 'an end', published.event)
    checkFunction(where, '`payload`', published.payload)
  }
}

function checkTiming(where: string, { deadlineMs, retry = {} }: Timing): void {
  checkNumber(where, 'deadlineMs', deadlineMs)
  for (const name of ['attempts', 'forMs', 'firstDelayMs', 'delayMsMax'] as const satisfies (keyof RetryOptions)[]) {
    checkNumber(`${where}, retry`, name, retry[name])
  }
  const { firstDelayMs, delayMsMax } = retry
  if (firstDelayMs !== undefined && delayMsMax !== undefined && firstDelayMs > delayMsMax) {
    throw invalid(
      `${where}, retry`,
      `firstDelayMs is not longer than delayMsMax; it is ${firstDelayMs}, and that ${delayMsMax}`,
    )
  }
}

/** @throws MakegoodError `DEFINITION_INVALID`, naming the range */
export function checkNumber(where: string, name: NumberName, value: number | undefined): void {
  const [from, to, unit] = ranges[name]
  if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) return
  throw invalid(where, `${name} is a whole number from ${from} to ${to}${unit}, not ${value}`)
}

function checkFunction(where: string, what: string, value: unknown): void {
  if (typeof value !== 'function') throw invalid(where, `${what} is a function`)
}

function checkCommand(where: string, what: string, value: Partial<SagaStep['command']> | undefined): void {
  if (value?.kind !== 'command') throw invalid(where, `${what} names a command, made by command(…)`)
  if (!isMessageType(value.type)) throw invalid(where, messageTypeRule)
}

function checkEvent(
  where: string,
  what: string,
  value: { readonly kind?: string; readonly type?: string } | undefined,
): void {
  if (value?.kind !== 'event') throw invalid(where, `${what} names an event, made by event(…)`)
  if (!isMessageType(value.type)) throw invalid(where, messageTypeRule)
}

function placeOf(saga: Saga, step?: SagaStep): string {
  const place = `Saga ${saga.name}, version ${saga.version}`
  return step === undefined ? place : `${place}, step ${step.name}`
}
