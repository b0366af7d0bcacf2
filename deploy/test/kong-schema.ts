import { Ajv } from 'ajv'

/**
 * What Kong 3 takes in a declarative file: the fields that its services, routes and plugins have, as decK knows them, and
 * of the plugins that are used here the settings, as their pages have them. Of anything else a file may have there is
 * nothing here.
 */
export function kongFaults(file: unknown): readonly string[] {
  return isKongFile(file) ? [] : isKongFile.errors!.map(fault)
}

/** Of what a plugin is set to, wherever that is said. */
export function pluginFaults(plugin: { readonly name: string; readonly config: object }): readonly string[] {
  return isPlugin(plugin) ? [] : isPlugin.errors!.map(fault)
}

const text = { type: 'string' }
const texts = { type: 'array', items: text }
const whole = { type: 'integer' }
const flag = { type: 'boolean' }

const correlationId = closed({
  header_name: text,
  generator: oneOf('uuid', 'uuid#counter', 'tracker'),
  echo_downstream: flag,
})

const cors = closed({
  ...{ origins: texts, headers: texts, exposed_headers: texts, max_age: { type: 'number' } },
  ...{ credentials: flag, private_network: flag, preflight_continue: flag, allow_origin_absent: flag },
  methods: {
    type: 'array',
    items: oneOf('GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'),
  },
})

const requestSizeLimiting = closed({
  ...{ allowed_payload_size: whole, size_unit: oneOf('megabytes', 'kilobytes', 'bytes'), require_content_length: flag },
})

const many = { type: 'number', exclusiveMinimum: 0 }
const rateLimiting = closed({
  ...{ second: many, minute: many, hour: many, day: many, month: many, year: many },
  limit_by: oneOf('consumer', 'credential', 'ip', 'service', 'header', 'path', 'consumer-group'),
  policy: oneOf('local', 'cluster', 'redis'),
  ...{ header_name: text, path: text, fault_tolerant: flag, hide_client_headers: flag, sync_rate: { type: 'number' } },
  ...{ error_code: { type: 'number' }, error_message: text, redis: { type: 'object' } },
})

const plugin = {
  ...closed({
    ...{
      name: text,
      config: { type: 'object' },
      enabled: flag,
      id: text,
      instance_name: text,
      protocols: texts,
      tags: texts,
    },
    ...{ service: text, route: text, consumer: text, consumer_group: text, ordering: { type: 'object' }, run_on: text },
  }),
  required: ['name'],
  oneOf: Object.entries({
    'correlation-id': correlationId,
    cors,
    'request-size-limiting': requestSizeLimiting,
    'rate-limiting': rateLimiting,
  }).map(([name, config]) => ({ properties: { name: { const: name }, config } })),
}

const plugins = { type: 'array', items: plugin }

const route = {
  ...closed({
    ...{ name: text, id: text, hosts: texts, paths: texts, methods: texts, protocols: texts, snis: texts, tags: texts },
    ...{ headers: { type: 'object' }, strip_path: flag, preserve_host: flag, path_handling: oneOf('v0', 'v1') },
    ...{ request_buffering: flag, response_buffering: flag, https_redirect_status_code: whole, regex_priority: whole },
    ...{ expression: text, priority: whole, plugins },
  }),
  anyOf: [{ required: ['name'] }, { required: ['id'] }],
}

const milliseconds = { type: 'integer', minimum: 1, maximum: 2 ** 31 - 2 }

const service = {
  ...closed({
    ...{
      name: text,
      id: text,
      url: text,
      protocol: text,
      host: text,
      port: whole,
      path: text,
      enabled: flag,
      tags: texts,
    },
    ...{ connect_timeout: milliseconds, read_timeout: milliseconds, write_timeout: milliseconds },
    retries: { type: 'integer', minimum: 0, maximum: 32_767 },
    ...{ tls_verify: flag, tls_verify_depth: whole, client_certificate: text, ca_certificates: texts },
    routes: { type: 'array', items: route },
    plugins,
  }),
  anyOf: [{ required: ['name'] }, { required: ['id'] }],
}

const kongFile = {
  ...closed({
    ...{ _format_version: oneOf('1.1', '2.1', '3.0'), _transform: flag },
    ...{ services: { type: 'array', items: service }, routes: { type: 'array', items: route }, plugins },
  }),
  required: ['_format_version'],
}

const ajv = new Ajv({ allErrors: true, strict: false })
const isKongFile = ajv.compile(kongFile)
const isPlugin = ajv.compile(plugin)

function closed(properties: object): object {
  return { type: 'object', additionalProperties: false, properties }
}

function oneOf(...values: readonly string[]): object {
  return { type: 'string', enum: values }
}

function fault({ instancePath, message, params }: NonNullable<typeof isKongFile.errors>[number]): string {
  return `${instancePath} ${message} ${JSON.stringify(params)}`
}
