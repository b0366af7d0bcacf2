import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { processOf } from './kubernetes-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'makegood-process-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secrets = { 'order-db-app': { uri: 'postgres://db/app' } }
const mounted = {
  volumeMounts: [{ name: 'database', mountPath: '/run/secrets/database' }],
}
const volumes = [{ name: 'database', secret: { secretName: 'order-db-app' } }]

test('a variable is put into those behind it, and into arguments', () => {
  const env = [
    { name: 'EARLY', value: 'http://$(NAME)' },
    { name: 'NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/name']" } } },
    { name: 'LATE', value: 'http://$(NAME)' },
  ]
  const { command, environment, named } = processIn({ env, args: ['--service', '$(NAME)', '$(OTHER)'] })
  expect(environment).toEqual({ EARLY: 'http://$(NAME)', NAME: 'order', LATE: 'http://order' })
  expect(command).toEqual(['--service', 'order', '$(OTHER)'])
  expect(named).toContain('NAME')
})

test('a file of a secret is where its variable says', () => {
  const env = [{ name: 'DATABASE_URL_FILE', value: '/run/secrets/database/uri' }]
  const { environment } = processIn({ ...mounted, env })
  expect(readFileSync(environment['DATABASE_URL_FILE']!, 'utf8')).toBe('postgres://db/app')
})

test.each([
  [
    'a file that nothing is mounted at',
    {},
    '/run/secrets/database/uri',
    'order mounts nothing at /run/secrets/database',
  ],
  ['a key that is not in its secret', mounted, '/run/secrets/database/url', 'There is no url in a secret order-db-app'],
])('%s keeps the process from starting', (_wrong, container, value, says) => {
  expect(() => processIn({ ...container, env: [{ name: 'DATABASE_URL_FILE', value }] })).toThrow(says)
})

test('so does a secret that nobody makes, and a label that is not there', () => {
  const key = { name: 'payment-db-app', key: 'uri' }
  expect(() => processIn({ env: [{ name: 'URL', valueFrom: { secretKeyRef: key } }] })).toThrow(
    'There is no uri in a secret payment-db-app',
  )
  const fieldPath = "metadata.labels['app']"
  expect(() => processIn({ env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath } } }] })).toThrow(
    'NAME is made of a label that is not there',
  )
})

function processIn(container: object) {
  const labels = { 'app.kubernetes.io/name': 'order' }
  return processOf(
    { kind: 'Deployment', name: 'order', labels, pod: { containers: [container], volumes } },
    secrets,
    folder,
  )
}
