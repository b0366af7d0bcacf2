import { refusesCaller, type Unreachable } from '../operations/client.ts'
import { type Exit, exits, type Terminal } from './terminal.ts'
import { bold, joined, jsonDocument, lines, type Text, text, written, yellow } from './text.ts'

/** What a command has to say when it is over. */
export interface Said {
  /** For scripts, as one document of JSON; its `unreachable` names who did not answer. */
  readonly document: {
    readonly unreachable?: readonly Unreachable[]
    readonly interrupted?: boolean
    readonly [name: string]: unknown
  }
  /** For people. */
  readonly page: Text
  /** @defaultValue what follows from `unreachable` and `interrupted` */
  readonly exit?: Exit
}

/** Resolves with how the command ended. */
export function say({ document, page, exit }: Said, asJson: boolean, terminal: Terminal): Exit {
  const { unreachable = [] } = document
  if (asJson) terminal.out(jsonDocument(document))
  else {
    if (page.shown !== '' && !isUnanswered(document)) show(page, terminal)
    for (const each of unreachable) note(unreachableLine(each), terminal)
  }
  return exit ?? (document.interrupted ? exits.interrupted : exitOf(unreachable))
}

/** That nobody answers does not mean that there is nothing. */
function isUnanswered({ services, unreachable = [] }: Said['document']): boolean {
  return Array.isArray(services) && services.length === 0 && unreachable.length > 0
}

/** What was found is not all there is. */
export function exitOf(unreachable: readonly Unreachable[]): Exit {
  if (unreachable.some(each => !refusesCaller(each))) return exits.unavailable
  return unreachable.length > 0 ? exits.refused : exits.done
}

export function show(page: Text, { out, colors = false }: Terminal): void {
  out(`${written(page, colors)}\n`)
}

/** Beside the answer: it may be piped somewhere. */
export function note(page: Text, { err, colors = false }: Terminal): void {
  err(`${written(page, colors)}\n`)
}

/** Sections that have something to say, a line between them. */
export function sections(...all: readonly { readonly head: string; readonly body: Text }[]): Text {
  const told = all.filter(({ body }) => body.shown !== '')
  return joined(
    told.map(({ head, body }) => lines(bold(head), body)),
    '\n\n',
  )
}

export function unreachableLine(unreachable: Unreachable): Text {
  const { url, says } = unreachable
  return yellow(text`${url} ${refusesCaller(unreachable) ? 'refuses you' : 'is away'}: ${says}`)
}
