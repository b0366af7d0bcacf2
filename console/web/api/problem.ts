import type { ProblemView } from 'makegood/operations/contract'

/** What the console's server, or a service behind it, says instead of an answer. */
export class Problem extends Error {
  readonly status: number
  readonly problem: Partial<ProblemView>

  constructor(status: number, problem: Partial<ProblemView>) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`)
    this.name = 'Problem'
    this.status = status
    this.problem = problem
  }
}

/** The console's own server did not answer: neither yes nor no. */
export class Away extends Error {
  constructor(cause: unknown) {
    super('The console’s server does not answer. Is it running, and the network up? It is tried again by itself.', {
      cause,
    })
    this.name = 'Away'
  }
}
