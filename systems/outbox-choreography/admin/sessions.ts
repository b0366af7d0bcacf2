import { createHash } from 'node:crypto'
import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import type { Database } from '../../runner/database.ts'

declare module 'fastify' {
  interface Session {
    /** Who has signed in. */
    account?: string
    /** Shown once, on the next page. */
    notice?: string
  }
}

/** How long a session lasts after the last request. */
export const sessionMs = 60 * 60_000

/** Sessions in the service's own database, where all of its processes find them. */
export function sessionStore(database: Database): SessionStore {
  const ask = async (statement: string, ...values: unknown[]) => {
    const { rows } = await database.transaction(db => db.query<{ content: Session }>(statement, values))
    return rows[0]?.content
  }
  const answer = (asked: Promise<Session | undefined>, done: (error: unknown, session?: Session) => void) =>
    void asked.then(
      session => done(null, session),
      error => done(error),
    )
  return {
    get: (id, done) => answer(ask(find, digestOf(id)), done),
    set: (id, session, done) => answer(ask(keep, digestOf(id), JSON.stringify(session), sessionMs / 1_000), done),
    destroy: (id, done) => answer(ask(end, digestOf(id)), done),
  }
}

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}

const find = 'select content from admin_sessions where id = $1 and expires_at > now()'

const keep = `
  with expired as (delete from admin_sessions where expires_at < now() and id <> $1)
  insert into admin_sessions (id, content, expires_at)
  values ($1, $2, now() + make_interval(secs => $3))
  on conflict (id) do update set content = excluded.content, expires_at = excluded.expires_at
`

const end = 'delete from admin_sessions where id = $1'
