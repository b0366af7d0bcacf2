import type { PgClient, Service } from 'makegood'
import type { AdminTable } from './table.ts'

/** makegood's own tables, the part of them that is the service's: to be seen, and dead letters to be redriven. */
export function makegoodTables(service: Service<string, PgClient>): readonly AdminTable[] {
  const inbox = {
    table: 'makegood.inbox',
    list: ['received_at', 'type', 'kind', 'state', 'correlation_id'],
    search: ['identity', 'message_id', 'type', 'correlation_id'],
    filter: ['state', 'kind', 'received_at'],
    // Named here, so that a list need not look through a month of messages for them.
    choices: {
      state: () => ['handled', 'ignored', 'parked', 'succeeded', 'failed', 'dead', 'closed', 'in doubt'],
      kind: () => ['command', 'reply', 'event', 'unknown'],
    },
    sort: '-received_at',
    readOnly: true,
  } as const
  const kept = { ...inbox, list: ['received_at', 'type', 'attempts', 'error'], filter: ['kind', 'received_at'] }
  return [
    {
      table: 'makegood.outbox',
      name: 'outbox',
      title: 'Outbox',
      about: `Messages that the broker has not confirmed yet: how often each was claimed to be sent, until when it is not
        claimed again, and why sending it failed the last time. A row goes when its message was confirmed.`,
      derived: {
        destination: "envelope ->> 'address'",
        status: `case
          when claimed_until > now() and error is null then 'being sent'
          when claimed_until > now() then 'put off'
          when claims = 0 then 'waiting'
          else 'due again'
        end`,
      },
      list: ['created_at', 'destination', 'status', 'claims', 'claimed_until', 'error'],
      search: ['id', 'envelope'],
      filter: ['status', 'created_at'],
      choices: { status: () => ['waiting', 'being sent', 'put off', 'due again'] },
      sort: '-number',
      only: { service: service.name },
      readOnly: true,
    },
    {
      ...inbox,
      name: 'received',
      title: 'Received',
      about: 'Messages that this service has received, and what became of each.',
      only: { service: service.name },
    },
    {
      ...kept,
      name: 'parked',
      title: 'Parked messages',
      about: 'Messages that could not be handled and are tried again by themselves.',
      list: ['received_at', 'type', 'attempts', 'due_at', 'error'],
      only: { service: service.name, state: 'parked' },
      where: "due_at < 'infinity'",
    },
    {
      ...kept,
      name: 'dead-letters',
      title: 'Dead letters',
      about: 'Messages that are not tried again by themselves. Mend the reason, then redrive them.',
      only: { service: service.name, state: 'dead' },
      where: "due_at = 'infinity'",
      action: {
        name: 'redrive',
        title: 'Redrive',
        run: identities => service.redrive(identities),
        says: redriven =>
          redriven === 0
            ? 'None of them was a dead letter any more.'
            : `${redriven} ${redriven === 1 ? 'dead letter is' : 'dead letters are'} tried again now.`,
      },
    },
  ]
}
