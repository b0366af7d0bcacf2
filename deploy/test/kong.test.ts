import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { kongFaults } from './kong-schema.ts'

const text = readFileSync(new URL('../../systems/outbox-choreography/kong.yml', import.meta.url), 'utf8')

test("Kong's file is one that Kong takes", () => {
  expect(kongFaults(parse(text))).toEqual([])
})

test.each([
  ['a misspelt field of a route', 'strip_path:', 'strip_paths:', '/services/0/routes/0'],
  ['a misspelt field of a service', 'connect_timeout:', 'connection_timeout:', '/services/0'],
  ['a time that is text', 'read_timeout: 60000', 'read_timeout: 60s', '/services/0/read_timeout'],
  ['tries below nothing', 'retries: 0', 'retries: -1', '/services/0/retries'],
  ['a service without a name', '- name: order\n    url:', '- url:', '/services/0'],
  ['a list of entities that there are not', 'services:', 'service:', ''],
  ['a version that is none', '"3.0"', '"3"', '/_format_version'],
  ['a plugin that nobody knows', 'name: cors', 'name: corss', '/plugins/1'],
  ['a unit that a plugin does not have', 'size_unit: kilobytes', 'size_unit: kb', '/plugins/2'],
  ['a setting that a plugin does not have', 'minute: 6000', 'minutes: 6000', '/plugins/3'],
  ['a policy that a plugin does not have', 'policy: local', 'policy: memory', '/plugins/3'],
])('with %s it would not, and it is said where', (_wrong, right, wrong, path) => {
  expect(text).toContain(right)
  const faults = kongFaults(parse(text.replace(right, wrong)))
  expect(faults.some(fault => fault.startsWith(`${path} `) || fault.startsWith(`${path}/`))).toBe(true)
})
