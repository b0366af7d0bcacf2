import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../root.mjs'

const outcomes = []

/** Runs one program of node_modules and remembers how it ended. Later stages run all the same: one run tells all. */
export async function stage(name, program, ...args) {
  say(`${name}: ${[program, ...args].join(' ')}`)
  const began = performance.now()
  const passed = (await run(program, args)) === 0
  outcomes.push({ name, seconds: secondsSince(began), passed: passed ? 1 : 0, failed: passed ? 0 : 1 })
}

/** A stage that counts its tests. Those that run beside each other are told apart by a label before each line. */
export async function tests(name, args, { label, says = args.join(' ') } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'makegood-tests-'))
  const report = join(folder, 'report.json')
  say(`${name}: vitest run ${says}`)
  const began = performance.now()
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await run('vitest', ['run', ...args, ...reporters], { label })
  const { passed, failed } = countOf(report)
  // Vitest fails for more than tests: a file that cannot be read, an error after the last of them.
  outcomes.push({ name, seconds: secondsSince(began), passed, failed: code === 0 ? failed : Math.max(failed, 1) })
  rmSync(folder, { recursive: true })
}

/** The closing line, and the exit code. */
export function finish() {
  for (const { name, failed, seconds } of outcomes) {
    say(`${failed === 0 ? 'passed' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`)
  }
  const sum = count => outcomes.reduce((total, outcome) => total + outcome[count], 0)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
}

/** Resolves with the exit code. Ctrl-C reaches the program too, which then cleans up and ends by itself. */
export function run(program, args, { env = {}, label } = {}) {
  return new Promise(resolve => {
    const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
    const stdio = label === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe']
    const child = spawn(program, args, { cwd: root, stdio, env: { ...process.env, ...env, PATH: path } })
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', line => console.log(`${label} │ ${line}`))
    }
    const pass = signal => child.kill(signal)
    process.on('SIGINT', pass).on('SIGTERM', pass)
    child.once('error', error => {
      console.error(error.message)
      resolve(1)
    })
    child.once('exit', (code, signal) => {
      process.off('SIGINT', pass).off('SIGTERM', pass)
      if (signal) say(`${program} ended by ${signal}`)
      resolve(code ?? 1)
    })
  })
}

function countOf(report) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests }
  } catch {
    return { passed: 0, failed: 0 }
  }
}

function secondsSince(began) {
  return (performance.now() - began) / 1000
}

export function say(line) {
  console.log(`» ${line}`)
}

/** Ends at once with what is missing and what to do about it. */
export function giveUp(...lines) {
  for (const line of lines) console.error(line)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
