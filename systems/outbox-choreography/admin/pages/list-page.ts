import { html, type SafeHtml } from '@remix-run/html-template'
import { addressOf, type ListQuery } from '../list-query.ts'
import { type ListedRows, type Row, rowsOnPage } from '../rows.ts'
import { columnOf, type Table } from '../table.ts'
import { isTime, lastDays } from '../times.ts'
import { csrfField, type Frame, type Page } from './layout.ts'
import { valueText } from './value.ts'

/** What each column of a filter can be narrowed to. */
export interface FilterChoices {
  readonly [column: string]: readonly string[]
}

export function listPage(
  { base, csrf }: Frame,
  table: Table,
  query: ListQuery,
  listed: ListedRows,
  choices: FilterChoices,
): Page {
  const { rows, total } = listed
  const address = `${base}/tables/${table.name}/`
  const isNarrowed = query.search !== '' || Object.keys(query.filters).length > 0
  return {
    title: table.title,
    table,
    trail: [[`${base}/`, 'Tables']],
    body: html`
      ${table.about === undefined ? '' : html`<p class="quiet">${table.about}</p>`}
      ${table.canAdd ? html`<p><a class="button" href="${address}add/">Add a row</a></p>` : ''}
      ${table.search.length + table.filter.length > 0 ? narrowing(table, query, choices) : ''}
      <p class="quiet" id="count">${countText(query, listed)}${isNarrowed ? html` <a href="${address}">Show all</a>` : ''}</p>
      ${rows.length === 0 ? emptyState(table, total, isNarrowed) : rowsTable(table, query, rows, csrf, address)}
      ${pages(table, query, listed)}`,
  }
}

function narrowing(table: Table, query: ListQuery, choices: FilterChoices): SafeHtml {
  return html`<form method="get" role="search" class="narrowing">
    ${query.sort === table.sort ? '' : html`<input type="hidden" name="sort" value="${query.sort}">`}
    ${
      table.search.length === 0
        ? ''
        : html`<div class="field">
            <label for="q">Search in ${table.search.join(', ')}</label>
            <input id="q" name="q" type="search" value="${query.search}" maxlength="200">
          </div>`
    }
    ${table.filter.map(column => {
      const chosen = query.filters[column] ?? ''
      const options = isTime(columnOf(table, column)!.type)
        ? lastDays
        : choices[column]!.map(value => ({ value, title: value }))
      return html`<div class="field">
        <label for="is.${column}">${column}</label>
        <select id="is.${column}" name="is.${column}">
          <option value="">all</option>
          ${options.map(({ value, title }) => html`<option value="${value}"${value === chosen ? ' selected' : ''}>${title}</option>`)}
        </select>
      </div>`
    })}
    <button>Show</button>
  </form>`
}

function rowsTable(table: Table, query: ListQuery, rows: readonly Row[], csrf: string, address: string): SafeHtml {
  const { action } = table
  const list = html`<div class="scroll"><table>
    <thead><tr>
      ${action === undefined ? '' : html`<th><span class="hidden">Chosen</span></th>`}
      ${table.list.map(column => heading(table, query, column))}
    </tr></thead>
    <tbody>${rows.map(
      row => html`<tr>
        ${action === undefined ? '' : html`<td data-column="chosen"><input type="checkbox" name="key" value="${row.key}" aria-label="Choose ${row.key}"></td>`}
        ${table.list.map((column, at) => cell(column, row, at === 0 ? `${address}row/?key=${encodeURIComponent(row.key)}` : undefined))}
      </tr>`,
    )}</tbody>
  </table></div>`
  if (action === undefined) return list
  return html`<form method="post" action="${address}${action.name}/">
    ${csrfField(csrf)}
    ${list}
    <p class="buttons"><button>${action.title} the chosen ones</button></p>
  </form>`
}

function heading(table: Table, query: ListQuery, column: string): SafeHtml {
  const isSorted = query.sort.replace(/^-/, '') === column
  const isDescending = isSorted && query.sort.startsWith('-')
  const order = isSorted ? html` aria-sort="${isDescending ? 'descending' : 'ascending'}"` : ''
  const sort = isSorted && !isDescending ? `-${column}` : column
  const arrow = isSorted ? html` <span aria-hidden="true">${isDescending ? '▼' : '▲'}</span>` : ''
  return html`<th scope="col"${order}><a href="${addressOf(table, { ...query, sort, page: 1 })}">${column}</a>${arrow}</th>`
}

function cell(column: string, row: Row, address: string | undefined): SafeHtml {
  const text = valueText(row.values[column] ?? null)
  return html`<td data-column="${column}">${address === undefined ? text : html`<a href="${address}">${text}</a>`}</td>`
}

function emptyState(table: Table, total: number, isNarrowed: boolean): SafeHtml {
  if (total > 0) return html`<p class="empty">There is no such page.</p>`
  if (isNarrowed) return html`<p class="empty">Nothing here fits what you look for.</p>`
  return html`<p class="empty">There is nothing in ${table.title} yet.</p>`
}

function countText({ page }: ListQuery, { rows: { length: shown }, total, hasMore }: ListedRows): string {
  if (total === 0) return 'No rows.'
  const all = `${hasMore ? 'more than ' : ''}${total.toLocaleString('en')} ${total === 1 ? 'row' : 'rows'}`
  if (shown === total || shown === 0) return `${all}.`
  const first = (page - 1) * rowsOnPage + 1
  return `${first} to ${first + shown - 1} of ${all}.`
}

function pages(table: Table, query: ListQuery, { total, hasMore }: ListedRows): SafeHtml | '' {
  const last = Math.ceil(total / rowsOnPage)
  if (last <= 1) return ''
  const link = (page: number, title: string) =>
    page >= 1 && page <= last ? html`<a class="button" href="${addressOf(table, { ...query, page })}">${title}</a>` : ''
  return html`<nav class="pages" aria-label="Pages">
    ${link(query.page - 1, 'Previous')}
    <span>Page ${query.page} of ${last}</span>
    ${link(query.page + 1, 'Next')}
    ${hasMore ? html`<span class="quiet">The rest has no pages: look for less, or sort it the other way round.</span>` : ''}
  </nav>`
}
