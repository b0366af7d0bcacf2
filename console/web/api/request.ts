import { Away, Problem } from './problem.ts'

const base = `${import.meta.env.BASE_URL}api`

/** Whoever may write this header is a page of ours: other sites cannot, without being asked for leave. */
const ours = { 'x-makegood-console': '1' }

export type Query = { readonly [name: string]: string | number | boolean | undefined }

export function get<Body>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Body> {
  return ask(urlOf(path, query), { headers: ours, ...(signal === undefined ? {} : { signal }) })
}

export function post<Body>(path: string, body: unknown): Promise<Body> {
  const headers = { ...ours, 'content-type': 'application/json' }
  return ask(urlOf(path), { method: 'POST', headers, body: JSON.stringify(body) })
}

export function remove<Body>(path: string): Promise<Body> {
  return ask(urlOf(path), { method: 'DELETE', headers: ours })
}

export function urlOf(path: string, query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  return `${base}${path}${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`
}

async function ask<Body>(url: string, init: RequestInit): Promise<Body> {
  const response = await fetch(url, { credentials: 'same-origin', ...init }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error
    throw new Away(error)
  })
  const body: unknown = await response.json().catch(() => ({}))
  if (!response.ok) throw new Problem(response.status, body as object)
  return body as Body
}
