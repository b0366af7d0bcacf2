import { z } from 'zod'
import { type Command, command, type Saga, saga } from '../../src/makegood.ts'

/** A saga to explore, what its participants are like, and how much misfortune is thrown at it. */
export interface Scenario {
  readonly name: string
  readonly saga: Saga
  readonly steps: readonly StepTraits[]
  /** Whether the wire can ask a participant to close a step (rule 8). */
  readonly canClose: boolean
  readonly budgets: Budgets
  /** A message may be marked as delivered before, and goes into custody first (rule 17). */
  readonly redelivered: boolean
  /** Compensations may be refused by the business too. */
  readonly compensationsFail: boolean
}

/** How often each may happen. What is not here happens as often as it likes. */
export interface Budgets {
  /** The broker's disk is lost. */
  readonly emptied: number
  /** The inbox window goes by: what was sent before is old, and what is finished may be pruned. */
  readonly windows: number
  /** A command is asked again until the orchestrator gives up asking (rule 12). */
  readonly silences: number
  readonly redrives: number
  readonly retries: number
  readonly compensates: number
  /** The whole saga's deadline. */
  readonly deadlines: number
  readonly abandons: number
  /** A process loses its lease and lives on, with a claim or a result in its hands. */
  readonly zombies: number
}

export const noBudgets: Budgets = {
  emptied: 0,
  windows: 0,
  silences: 0,
  redrives: 0,
  retries: 0,
  compensates: 0,
  deadlines: 0,
  abandons: 0,
  zombies: 0,
}

export interface StepTraits {
  readonly name: string
  readonly kind: 'compensatable' | 'pivot' | 'retriable' | 'best-effort'
  /** It calls a provider outside before it records anything (rule 15). */
  readonly call: boolean
  /** Something is left to undo once it has run. */
  readonly undoable: boolean
}

/**
 * Writes a scenario in one line of letters: `C` compensatable, `P` pivot, `R` retriable, `B` best effort, in running
 * order; `Cc` calls a provider; `C?` has no payload for doubt and is asked to close; `C-` needs no compensation; `C*` is
 * compensated by another service; `(C C)` is a parallel group.
 */
export function scenario(
  steps: string,
  traits: Partial<Pick<Scenario, 'canClose' | 'redelivered' | 'compensationsFail'>> & Partial<Budgets> = {},
): Scenario {
  const { canClose = true, redelivered = false, compensationsFail = false, ...given } = traits
  const budgets: Budgets = { ...noBudgets, ...given }
  const written = steps.match(/\([^)]*\)|\S+/g) ?? []
  const stages = written.map(stage => stage.replaceAll(/[()]/g, '').trim().split(/\s+/))
  let letter = 0
  const named = stages.map(stage => stage.map(code => ({ code, name: 'abcdef'[letter++]! })))
  const spent = Object.entries(budgets).filter(([, times]) => times > 0)
  const flags = [
    ...(canClose ? [] : ['nobody can be asked to close']),
    ...(redelivered ? ['redelivered'] : []),
    ...(compensationsFail ? ['compensations may be refused'] : []),
  ]
  return {
    name: [steps, ...spent.map(([name, times]) => `${name} ${times}`), ...flags].join(', '),
    saga: sagaOf(named, budgets.deadlines > 0),
    steps: named.flat().map(({ code, name }) => ({
      name,
      kind: kinds[code[0] as keyof typeof kinds],
      call: code.includes('c'),
      undoable: !code.includes('-'),
    })),
    canClose,
    redelivered,
    compensationsFail,
    budgets,
  }
}

const kinds = { C: 'compensatable', P: 'pivot', R: 'retriable', B: 'best-effort' } as const

const anything = z.unknown()

/** Written as untyped as the chain is inside: the letters are known only when it runs. */
function sagaOf(stages: readonly (readonly { code: string; name: string }[])[], hasDeadline: boolean): Saga {
  let chain: any = saga('explored', { version: 1, data: anything, ...(hasDeadline ? { deadlineMs: 100 } : {}) })
  for (const stage of stages) {
    if (stage.length === 1) chain = addStep(chain, stage[0]!)
    else chain = chain.parallel((group: any) => stage.reduce(addStep, group))
  }
  return chain.ends()
}

function addStep(to: any, { code, name }: { code: string; name: string }): any {
  const forward = commandOf(`service-${name}.do`)
  const retry = { attempts: 2, firstDelayMs: 1, forMs: 1_000 }
  const payload = () => null
  switch (code[0]) {
    case 'C':
      return to.compensatable(name, forward, { payload, compensation: compensationOf(code, name) })
    case 'P':
      return to.pivot(name, forward, { payload })
    case 'R':
      return to.retriable(name, forward, { payload, retry })
    case 'B':
      return to.bestEffort(name, forward, { payload })
    default:
      throw new Error(`${code} is no step.`)
  }
}

function compensationOf(code: string, name: string): unknown {
  if (code.includes('-')) return 'not needed'
  const service = code.includes('*') ? `other-${name}` : `service-${name}`
  return {
    command: commandOf(`${service}.undo`),
    // Throws where the step's reply is missing: the definition would then be wrong to have been called (rule 8).
    payload: (_data: unknown, replies: { readonly [step: string]: { readonly reply: string } }) => replies[name]!.reply,
    ...(code.includes('?') ? {} : { inDoubt: () => 'in doubt' }),
    retry: { attempts: 2, firstDelayMs: 1, forMs: 1_000 },
  }
}

function commandOf(type: `${string}.${string}`): Command {
  return command(type, { payload: anything, reply: anything, failures: { REFUSED: anything } })
}
