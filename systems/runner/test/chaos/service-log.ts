/** What the services have logged, counted by what it says. */
export class ServiceLog {
  readonly #said = new Map<string, number>()

  hear(line: string): void {
    const { level, text } = read(line)
    if (level < warning) return
    const key = `${level >= error ? 'error' : 'warn '} ${generalised(text)}`
    this.#said.set(key, (this.#said.get(key) ?? 0) + 1)
  }

  /** What was logged as an error, or by something that does not log at all. */
  get errors(): readonly string[] {
    return this.lines.filter(line => line.includes(' error '))
  }

  /** The most frequent first. */
  get lines(): readonly string[] {
    return [...this.#said]
      .sort(([, a], [, b]) => b - a)
      .map(([text, count]) => `${String(count).padStart(5)} × ${text}`)
  }

  matching(pattern: RegExp): readonly string[] {
    return this.lines.filter(line => pattern.test(line))
  }
}

const warning = 40
const error = 50

function read(line: string): { readonly level: number; readonly text: string } {
  try {
    const { level, msg, err, error } = JSON.parse(line) as {
      level: number
      msg?: string
      err?: { message?: string }
      error?: string
    }
    const further = err?.message ?? error ?? ''
    return { level, text: msg?.includes(further) ? msg : `${msg} (${further})` }
  } catch {
    return { level: error, text: line }
  }
}

/** The same for every order: ids and numbers left out. */
function generalised(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '…')
    .replaceAll(/\d+/g, '0')
    .slice(0, 300)
}
