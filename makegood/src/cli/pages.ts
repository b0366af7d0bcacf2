import type { Command } from 'commander'
import { MakegoodError } from '../model/errors.ts'
import type { Part, Parts, Unreachable } from '../operations/client.ts'
import { itemsMax, type Paged } from '../operations/contract.ts'
import { wholeNumber } from './flag-values.ts'
import { Progress } from './progress.ts'
import { interruptible, type Terminal } from './terminal.ts'
import { dim, lines, shellWord, type Text, text } from './text.ts'

/** How many rows of a service a command reads. */
export const rowsMax = 10_000

export interface PageFlags {
  readonly service?: string
  readonly limit: number
  readonly after?: string
}

export function pageOptions(command: Command): Command {
  return command
    .option('--service <name>', 'only of this service')
    .option('--limit <rows>', `how many of each service, up to ${rowsMax}`, wholeNumber(1, rowsMax), 50)
    .option('--after <next>', 'go on where a page ended: it says how; needs --service')
}

/** @throws MakegoodError `OPTION_INVALID` */
export function pageQueryOf({ service, limit, after }: PageFlags): PageFlags {
  if (after !== undefined && service === undefined) {
    throw new MakegoodError('OPTION_INVALID', '--after goes on in one service: say which by --service.')
  }
  return { limit, ...(service !== undefined && { service }), ...(after !== undefined && { after }) }
}

/** How a list goes on that has not come to its end. */
export function moreLines(parts: readonly Part<Paged>[]): Text {
  const more = parts.filter(({ next }) => next !== null)
  return lines(
    ...more.map(({ service, next }) =>
      dim(text`More of ${service}: the same with --service ${shellWord(service)} --after ${shellWord(next ?? '')}`),
    ),
  )
}

interface PageQuery {
  readonly service?: string
  readonly limit?: number
  readonly after?: string
}

type Page<What extends string, Row> = Paged & { readonly [Name in What]: readonly Row[] }

/** `interrupted` if a person has ended it before it was whole. */
export type Gathered<List> = Parts<List> & { readonly interrupted: boolean }

/**
 * Up to `limit` rows of each service, however many pages that are. It can be interrupted: what was read by then is there,
 * with the `next` that it goes on with.
 */
export function gathered<What extends string, Row, List extends Page<What, Row>, Query extends PageQuery>(
  what: What,
  ask: (query: Query) => Promise<Parts<List>>,
  query: Query & { readonly limit: number },
  terminal: Terminal,
): Promise<Gathered<List>> {
  return interruptible(terminal, async signal => {
    const progress = new Progress(terminal)
    const unreachable: Unreachable[] = []
    const page = async (wanted: number, more: PageQuery) => {
      const found = await ask({ ...query, ...more, limit: Math.min(wanted, itemsMax) })
      unreachable.push(...found.unreachable.filter(({ url }) => unreachable.every(each => each.url !== url)))
      return found.services
    }
    const services: Part<List>[] = []
    try {
      for (let part of await page(query.limit, {})) {
        for (;;) {
          const { service, next } = part
          const wanted = query.limit - part[what].length
          if (next === null || wanted <= 0 || signal.aborted) break
          progress.at(text`${part[what].length} ${what} of ${service} so far …`)
          const [more] = await page(wanted, { service, after: next })
          if (more === undefined) break
          part = { ...more, [what]: [...part[what], ...more[what]] }
        }
        services.push(part)
      }
    } finally {
      progress.end()
    }
    return { services, unreachable, interrupted: signal.aborted }
  })
}
