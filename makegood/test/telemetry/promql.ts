import { parser } from '@prometheus-io/lezer-promql'

/** What an expression of PromQL asks for, by Prometheus' own grammar. */
export interface Expression {
  /** What cannot be read of it. */
  readonly errors: readonly string[]
  readonly selectors: readonly Selector[]
  /** The labels that are left when it has been aggregated, or matched by; in the order in which they stand there. */
  readonly grouping: readonly string[]
}

export interface Selector {
  readonly metric: string
  readonly matchers: readonly Matcher[]
  /** What is made of it over a time: `rate`, `increase` …; undefined for its value now. */
  readonly over: string | undefined
}

export interface Matcher {
  readonly label: string
  /** Those of a regular expression one by one. */
  readonly values: readonly string[]
}

export function read(text: string): Expression {
  const errors: string[] = []
  const selectors: Selector[] = []
  const grouping: string[] = []
  const said = ({ from, to }: { readonly from: number; readonly to: number }) => text.slice(from, to)
  parser.parse(text).iterate({
    enter: ref => {
      if (ref.type.isError) errors.push(`at ${ref.from}: ${said(ref)}`)
      if (ref.name === 'VectorSelector') selectors.push(selectorAt(ref.node, said))
      if (ref.name === 'GroupingLabels') grouping.push(...ref.node.getChildren('LabelName').map(said))
    },
  })
  return { errors, selectors, grouping: [...new Set(grouping)] }
}

type SyntaxNode = ReturnType<typeof parser.parse>['topNode']
type Said = (node: SyntaxNode) => string

function selectorAt(node: SyntaxNode, said: Said): Selector {
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
  return {
    metric: said(node.getChild('Identifier')!),
    matchers: matchers.map(matcher => matcherAt(matcher, said)),
    over: overWhich(node, said),
  }
}

function matcherAt(node: SyntaxNode, said: Said): Matcher {
  const value = said(node.getChild('StringLiteral')!).slice(1, -1)
  return { label: said(node.getChild('LabelName')!), values: value.split('|') }
}

function overWhich({ parent }: SyntaxNode, said: Said): string | undefined {
  if (parent?.name !== 'MatrixSelector') return undefined
  const call = parent.parent?.parent
  return call?.name === 'FunctionCall' ? said(call.getChild('FunctionIdentifier')!) : undefined
}
