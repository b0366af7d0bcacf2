import { html, type SafeHtml } from '@remix-run/html-template'
import type { Field, FormErrors } from '../form.ts'
import type { PastAction } from '../log.ts'
import type { Row } from '../rows.ts'
import type { Table } from '../table.ts'
import { csrfField, type Frame, type Page } from './layout.ts'
import { differences, valueInFull } from './value.ts'

export function rowPage({ base, csrf }: Frame, table: Table, row: Row, history: readonly PastAction[]): Page {
  const address = `${base}/tables/${table.name}/`
  const key = encodeURIComponent(row.key)
  const { action } = table
  return {
    ...around(base, table, row),
    title: `${table.title}: ${row.key}`,
    body: html`
      <p class="buttons">
        ${table.canChange ? html`<a class="button" href="${address}row/change/?key=${key}">Change</a>` : ''}
        ${table.canRemove ? html`<a class="button danger" href="${address}row/delete/?key=${key}">Delete</a>` : ''}
      </p>
      ${
        action === undefined
          ? ''
          : html`<form method="post" action="${address}${action.name}/">
              ${csrfField(csrf)}<input type="hidden" name="key" value="${row.key}">
              <p class="buttons"><button>${action.title}</button></p>
            </form>`
      }
      ${valuesOf(table, row)}
      ${history.length === 0 ? '' : historyOf(history)}`,
  }
}

export interface Form {
  /** Undefined for a row that is to be added. */
  readonly row: Row | undefined
  readonly fields: readonly Field[]
  readonly errors: FormErrors
  readonly status?: number
}

export function formPage({ base, csrf }: Frame, table: Table, { row, fields, errors, status = 200 }: Form): Page {
  const named = Object.entries(errors)
  const address = `${base}/tables/${table.name}/`
  return {
    ...around(base, table, row),
    title: row === undefined ? `${table.title}: add a row` : `${table.title}: change ${row.key}`,
    status,
    body: html`
      ${
        named.length === 0
          ? ''
          : html`<div class="trouble" role="alert">
              <p>Nothing was saved:</p>
              <ul>${named.map(([field, says]) => html`<li>${field === '' ? says : html`<a href="#value.${field}">${field}</a>: ${says}`}</li>`)}</ul>
            </div>`
      }
      <form method="post" class="card" novalidate>
        ${csrfField(csrf)}
        ${row === undefined ? '' : html`<input type="hidden" name="version" value="${row.version}">`}
        ${fields.length === 0 ? html`<p>There is nothing to fill in.</p>` : ''}
        ${fields.map(field => fieldOf(field, errors[field.column.name], row === undefined))}
        <p class="buttons"><button>Save</button> <a href="${row === undefined ? address : `${address}row/?key=${encodeURIComponent(row.key)}`}">Do not save</a></p>
      </form>`,
  }
}

export function deletePage({ base, csrf }: Frame, table: Table, row: Row, errors: FormErrors = {}): Page {
  const [error] = Object.values(errors)
  return {
    ...around(base, table, row),
    title: `${table.title}: delete ${row.key}`,
    status: error === undefined ? 200 : 409,
    body: html`
      ${error === undefined ? '' : html`<p class="trouble" role="alert">Nothing was deleted: ${error}</p>`}
      <p>This row will be gone for good:</p>
      ${valuesOf(table, row)}
      <form method="post">
        ${csrfField(csrf)}<input type="hidden" name="version" value="${row.version}">
        <p class="buttons">
          <button class="danger">Delete it</button>
          <a href="../?key=${encodeURIComponent(row.key)}">Keep it</a>
        </p>
      </form>`,
  }
}

function around(base: string, table: Table, row: Row | undefined): Pick<Page, 'table' | 'trail'> {
  const address = `${base}/tables/${table.name}/`
  const list: [string, string][] = [
    [`${base}/`, 'Tables'],
    [address, table.title],
  ]
  return {
    table,
    trail: row === undefined ? list : [...list, [`${address}row/?key=${encodeURIComponent(row.key)}`, row.key]],
  }
}

function valuesOf(table: Table, row: Row): SafeHtml {
  return html`<dl class="values card">${table.columns.map(
    column => html`<div><dt>${column.name}</dt><dd>${valueInFull(row.values[column.name] ?? null, column)}</dd></div>`,
  )}</dl>`
}

function historyOf(history: readonly PastAction[]): SafeHtml {
  return html`<section>
    <h2>What was done here</h2>
    <ol class="history">${history.map(
      ({ at, account, action, before, after }) => html`<li>
        <time>${at}</time> ${account}: ${action}
        ${before && after ? html`<ul>${differences(before, after).map(each => html`<li>${each}</li>`)}</ul>` : ''}
      </li>`,
    )}</ol>
  </section>`
}

function fieldOf({ column, value, choices, isRequired }: Field, error: string | undefined, isNew: boolean): SafeHtml {
  const id = `value.${column.name}`
  const hint = [
    column.type,
    column.comment ?? '',
    isNew && column.default !== null ? `left empty: ${column.default}` : '',
    column.isNullable ? 'may be empty' : '',
  ].filter(part => part !== '')
  const described = error === undefined ? `${id}.hint` : `${id}.error ${id}.hint`
  const attributes = html` id="${id}" name="${id}" aria-describedby="${described}"${isRequired ? ' required' : ''}${error === undefined ? '' : html` aria-invalid="true"`}`
  return html`<div class="field">
    <label for="${id}">${column.name}</label>
    ${error === undefined ? '' : html`<p class="error" id="${id}.error">${error}</p>`}
    ${control(column, value, choices, isRequired, attributes)}
    <p class="hint" id="${id}.hint">${hint.join(' · ')}</p>
  </div>`
}

function control(
  { type, lengthMax }: Field['column'],
  value: string,
  choices: readonly string[] | undefined,
  isRequired: boolean,
  attributes: SafeHtml,
): SafeHtml {
  if (choices !== undefined) {
    const options = isRequired && value !== '' ? choices : ['', ...choices]
    return html`<select${attributes}>${options.map(
      choice =>
        html`<option value="${choice}"${choice === value ? ' selected' : ''}>${choice === '' ? '–' : choice}</option>`,
    )}</select>`
  }
  // Browsers take line breaks out of what is on one line, and the first one out of what is not.
  if (type.startsWith('json') || value.includes('\n'))
    return html`<textarea${attributes} rows="8">${'\n'}${value}</textarea>`
  const length = lengthMax === undefined ? '' : html` maxlength="${lengthMax}"`
  return html`<input${attributes} value="${value}"${length}${inputOf(type)}>`
}

/** How a browser asks for it; whether it is right, the database says. */
function inputOf(type: string): SafeHtml {
  if (/^(smallint|integer|bigint)$/.test(type)) return html` type="number" step="1"`
  if (/^(numeric|real|double)/.test(type)) return html` inputmode="decimal"`
  return type === 'date' ? html` type="date"` : html` type="text"`
}
