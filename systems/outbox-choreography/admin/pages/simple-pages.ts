import { html } from '@remix-run/html-template'
import { csrfField, type Frame, type Page } from './layout.ts'

/** What the first page says of the messages. */
export interface Figures {
  readonly outbox: number
  readonly parked: number
  readonly dead: number
}

export function indexPage({ base, groups, site }: Frame, { outbox, parked, dead }: Figures): Page {
  const figure = (name: string, title: string, count: number, isBad = false) =>
    html`<li><a href="${base}/tables/${name}/"><strong${isBad ? html` class="bad"` : ''}>${count}</strong> ${title}</a></li>`
  return {
    title: `The tables of ${site}`,
    body: html`
      <ul class="figures" aria-label="Messages">
        ${figure('outbox', 'in the outbox', outbox)}
        ${figure('parked', 'parked', parked)}
        ${figure('dead-letters', 'dead letters', dead, dead > 0)}
      </ul>
      ${groups.map(
        ({ title, tables }) => html`<section>
          <h2>${title}</h2>
          <dl class="index">${tables.map(
            table => html`<div>
              <dt><a href="${base}/tables/${table.name}/">${table.title}</a></dt>
              <dd>${table.about ?? ''}${table.canAdd ? html` <a href="${base}/tables/${table.name}/add/">Add a row</a>` : ''}</dd>
            </div>`,
          )}</dl>
        </section>`,
      )}`,
  }
}

export interface SignIn {
  readonly user: string
  readonly next: string
  readonly error?: string
  readonly status?: number
}

export function signInPage({ base, csrf }: Frame, { user, next, error, status = 200 }: SignIn): Page {
  return {
    title: 'Sign in',
    status,
    body: html`
      ${error === undefined ? '' : html`<p class="trouble" role="alert" id="error">${error}</p>`}
      <form method="post" action="${base}/login/" class="card">
        ${csrfField(csrf)}
        <input type="hidden" name="next" value="${next}">
        <div class="field">
          <label for="user">User name</label>
          <input id="user" name="user" value="${user}" autocomplete="username" autocapitalize="none" maxlength="150" required autofocus>
        </div>
        <div class="field">
          <label for="password">Password</label>
          <input id="password" name="password" type="password" autocomplete="current-password" maxlength="1000" required>
        </div>
        <p class="buttons"><button>Sign in</button></p>
      </form>`,
  }
}

export function troublePage({ base }: Frame, status: number, says: string): Page {
  return {
    title: titles[status] ?? 'Something went wrong',
    status,
    body: html`<p>${says}</p><p><a href="${base}/">To the tables</a></p>`,
  }
}

const titles: { readonly [status: number]: string } = {
  403: 'Refused',
  404: 'Not found',
  409: 'It was changed meanwhile',
  413: 'Too large',
  429: 'Too many requests',
  503: 'Not ready',
}
