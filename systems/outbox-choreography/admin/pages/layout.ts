import { html, type SafeHtml } from '@remix-run/html-template'
import type { Table } from '../table.ts'

/** What is around every page. */
export interface Frame {
  readonly base: string
  /** The name of the service. */
  readonly site: string
  readonly groups: readonly { readonly title: string; readonly tables: readonly Table[] }[]
  /** Undefined before somebody has signed in. */
  readonly account: string | undefined
  readonly csrf: string
  /** What has just been done. */
  readonly notice: string | undefined
}

export interface Page {
  readonly title: string
  readonly body: SafeHtml
  /** The way here: addresses and what they are called. */
  readonly trail?: readonly (readonly [string, string])[]
  /** The table that it is about. */
  readonly table?: Table
  readonly status?: number
}

export function layout(frame: Frame, { title, body, trail = [], table }: Page): string {
  const { base, site, account, csrf, notice } = frame
  return String(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title} · ${site} admin</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${base}/style.css">
  </head>
  <body>
    <a class="skip" href="#main">Skip to the content</a>
    <header>
      <a class="site" href="${base}/">${site} <span>admin</span></a>
      ${
        account === undefined
          ? ''
          : html`<form method="post" action="${base}/logout/">
              ${csrfField(csrf)}
              <span>Signed in as <strong>${account}</strong></span>
              <button class="quiet">Sign out</button>
            </form>`
      }
    </header>
    ${account === undefined ? '' : navigation(frame, table)}
    <main id="main" tabindex="-1">
      ${trail.length > 0 ? html`<nav class="trail" aria-label="The way here">${trail.map(([address, name]) => html`<a href="${address}">${name}</a><span aria-hidden="true">›</span>`)}</nav>` : ''}
      <h1>${title}</h1>
      ${notice === undefined ? '' : html`<p class="notice" role="status">${notice}</p>`}
      ${body}
    </main>
  </body>
</html>`)
}

export function csrfField(csrf: string): SafeHtml {
  return html`<input type="hidden" name="_csrf" value="${csrf}">`
}

function navigation({ base, groups }: Frame, current: Table | undefined): SafeHtml {
  const link = (table: Table) =>
    html`<li><a href="${base}/tables/${table.name}/"${table === current ? html` aria-current="page"` : ''}>${table.title}</a></li>`
  return html`<nav class="tables" aria-label="Tables">
    ${groups.map(({ title, tables }) => html`<h2>${title}</h2><ul>${tables.map(link)}</ul>`)}
  </nav>`
}
