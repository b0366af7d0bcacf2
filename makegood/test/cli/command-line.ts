import { run } from '../../src/cli/run.ts'
import type { Exit, Terminal } from '../../src/cli/terminal.ts'

export interface Said {
  readonly code: Exit
  readonly out: string
  readonly err: string
}

/** Types one command line, at a terminal that has what is given. */
export async function makegood(args: readonly string[], terminal: Partial<Terminal> = {}): Promise<Said> {
  const said = { out: '', err: '' }
  const code = await run(args, {
    out: text => {
      said.out += text
    },
    err: text => {
      said.err += text
    },
    ...terminal,
  })
  return { code, ...said }
}

/** A person who answers each question with the next of these, and keeps what was asked. */
export function person(...answers: readonly string[]): Partial<Terminal> & { readonly asked: readonly string[] } {
  const asked: string[] = []
  const left = [...answers]
  return {
    asked,
    ask: async question => {
      asked.push(question)
      const answer = left.shift()
      if (answer === undefined) throw new Error('They have gone.')
      return answer
    },
  }
}
