import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { AnswerOf } from '../../api/answers.ts'
import { paths } from '../../parts/paths.ts'

/** What there is of everything, over all services. */
export function Figures({ services }: { readonly services: AnswerOf<'services'>['services'] }): ReactNode {
  // Processes of one service read the same database.
  const each = [...new Map(services.map(service => [service.service, service])).values()].flatMap(
    ({ figures }) => figures ?? [],
  )
  const sum = (of: (figures: (typeof each)[number]) => number) =>
    each.reduce((total, figures) => total + of(figures), 0)
  return (
    <ul className="figures" aria-label="Figures">
      <Figure count={sum(f => f.sagas.running)} says="running" href={paths.sagas({ status: 'running' })} />
      <Figure
        count={sum(f => f.sagas.compensating)}
        says="compensating"
        href={paths.sagas({ status: 'compensating' })}
      />
      <Figure
        count={sum(f => f.sagas.stuck)}
        says="stuck"
        href={paths.sagas({ status: 'stuck', order: 'oldest' })}
        isBad
      />
      <Figure count={sum(f => f.deadLetters)} says="dead letters" href={paths.letters()} isBad />
      <Figure count={sum(f => f.parked)} says="parked" href={paths.letters({ state: 'parked' })} />
      <Figure count={sum(f => f.outbox.messages)} says="to be sent" href={paths.services} />
    </ul>
  )
}

interface FigureProps {
  readonly count: number
  readonly says: string
  readonly href: string
  /** One is too many. */
  readonly isBad?: boolean
}

function Figure({ count, says, href, isBad = false }: FigureProps): ReactNode {
  return (
    <li>
      <Link href={href} data-bad={isBad && count > 0}>
        <strong>{count.toLocaleString('en')}</strong>
        <span>{says}</span>
      </Link>
    </li>
  )
}
