/** A page of `docs/runbooks`. */
export interface Runbook {
  /** Of its file, without its end: what alerts and trouble call it. */
  readonly name: string
  readonly title: string
  /** Markdown, without the title. */
  readonly text: string
}

/** The page that leads to all others. */
export const contents = 'README'

/** All pages, as they were when the console was built. */
export const runbooks: readonly Runbook[] = runbooksIn(
  import.meta.glob<string>('../../../../docs/runbooks/*.md', { query: '?raw', import: 'default', eager: true }),
)

/** From the files' paths and texts. */
export function runbooksIn(files: { readonly [path: string]: string }): readonly Runbook[] {
  return Object.entries(files).map(([path, source]) => {
    const name = path.slice(path.lastIndexOf('/') + 1, -'.md'.length)
    const [, title = name] = /^# +(.+)$/m.exec(source) ?? []
    return { name, title, text: source.replace(/^# .*\n*/m, '') }
  })
}

/** The runbook that a link of a runbook leads to; undefined if it leads elsewhere. */
export function runbookOf(href: string): string | undefined {
  return /^(?:\.\/)?([\w-]+)\.md(?:#.*)?$/.exec(href)?.[1]
}
