import Table from 'cli-table3'
import colors from 'picocolors'
import { checkout } from './checkout.ts'
import type { SagaView } from './orchestrator/saga-view.ts'
import type { Order } from './orders/order-queries.ts'

type Way = SagaView['steps'][number]

/** The way of an order so far: what was done for it, and what was made good. */
export function drawWay(saga: SagaView | undefined, order: Order | undefined): string {
  const table = new Table({
    head: ['step', 'outcome', 'ms', 'compensation', 'ms'].map(word => colors.bold(word)),
    colWidths: [14, 43, 7, 16, 7],
    colAligns: ['left', 'left', 'right', 'left', 'right'],
    // Its own colours would reach files and pipes too.
    style: { head: [], border: [], compact: true },
  })
  for (const { name } of checkout.stages.flat()) {
    const step = saga?.steps.find(step => step.name === name)
    const back = saga?.compensations.find(step => step.name === name)
    table.push([name, outcome(step), duration(step), compensation(back), duration(back)])
  }
  const since = saga === undefined ? '' : `, saga ${saga.status}`
  return `${table.toString()}\n   order ${statusOf(order)}${since}${order?.failure_reason ? `: ${order.failure_reason}` : ''}`
}

function outcome(step: Way | undefined): string {
  if (step === undefined) return colors.dim('–')
  if (step.outcome === 'open') return colors.yellow('…')
  if (step.outcome === 'succeeded') return colors.green('succeeded')
  return colors.red(step.failure === undefined ? step.outcome : `${step.outcome}: ${step.failure.reason}`)
}

function compensation(back: Way | undefined): string {
  if (back === undefined) return ''
  return back.outcome === 'succeeded' ? colors.cyan('made good') : colors.yellow(`${back.outcome} …`)
}

function duration(way: Way | undefined): string {
  if (way?.ended_at === undefined) return ''
  return String(Date.parse(way.ended_at) - Date.parse(way.started_at))
}

function statusOf(order: Order | undefined): string {
  const status = order?.status ?? 'unknown'
  if (status === 'completed') return colors.green(status)
  return status === 'cancelled' ? colors.cyan(status) : colors.yellow(status)
}
