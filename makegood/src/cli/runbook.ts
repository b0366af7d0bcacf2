/** Where the page is in the repository. */
export function runbookAt(name: string): string {
  return `docs/runbooks/${name}.md`
}
