import { createInterface } from 'node:readline/promises'
import pico from 'picocolors'
import { run } from './run.ts'
import type { Terminal } from './terminal.ts'

const { stdin, stdout, stderr } = process

// Whoever reads may have seen enough: `makegood sagas list | head`.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

const terminal: Terminal = {
  out: text => void stdout.write(text),
  err: text => void stderr.write(text),
  ...(stdout.isTTY && { width: stdout.columns }),
  colors: pico.isColorSupported && stdout.isTTY,
  rewritable: stderr.isTTY,
  ...(stdin.isTTY && stderr.isTTY && { ask }),
  interruptible,
}

async function ask(question: string): Promise<string> {
  const line = createInterface({ input: stdin, output: stderr })
  try {
    return await new Promise((resolve, reject) => {
      line.once('SIGINT', () => reject(new Error('Interrupted.')))
      line.once('close', () => reject(new Error('There is no answer.')))
      line.question(question).then(resolve, reject)
    })
  } catch (error) {
    // Their cursor still stands behind the question.
    stderr.write('\n')
    throw error
  } finally {
    line.close()
  }
}

async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt)
  try {
    return await work(interruption.signal)
  } finally {
    process.off('SIGINT', interrupt)
  }
}

process.exitCode = await run(process.argv.slice(2), terminal)
