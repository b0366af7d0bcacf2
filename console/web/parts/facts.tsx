import { Fragment, type ReactNode } from 'react'
import './facts.css'
import { visibleText } from './visible-text.ts'

/** What is known of one thing: a name and a value a line. What is null is left out. */
export function Facts({ of: facts }: { readonly of: { readonly [name: string]: ReactNode } }): ReactNode {
  return (
    <dl className="facts">
      {Object.entries(facts)
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => (
          <Fragment key={name}>
            <dt>{visibleText(name)}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
    </dl>
  )
}
