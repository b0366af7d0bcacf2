import { readFile, writeFile } from 'node:fs/promises'

export const bench = new URL('../', import.meta.url)

/** `RESULTS.md` has two parts: what set-ups did, and what operators' questions took. */
export type Part = 'set-ups' | 'operations'

export const operationsHeading = '## What operators ask'

/** Writes one part of the page, and leaves the other as it is: they come from runs of their own. */
export async function writePart(part: Part, text: string): Promise<void> {
  const page = new URL('RESULTS.md', bench)
  const before = await readFile(page, 'utf8').catch(() => '')
  const at = before.indexOf(operationsHeading)
  const parts = { 'set-ups': at < 0 ? before : before.slice(0, at), operations: at < 0 ? '' : before.slice(at) }
  const written = { ...parts, [part]: text }
  await writeFile(
    page,
    `${[written['set-ups'], written.operations]
      .map(each => each.trim())
      .join('\n\n')
      .trim()}\n`,
  )
}
