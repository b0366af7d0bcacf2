import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { giveUp, run, say } from './stage.mjs'

/**
 * Sees to it that the tests can start a PostgreSQL, a RabbitMQ and a MariaDB of their own, or that the environment names some, and
 * that there is a browser if one can be installed. They are programs that are started in temporary folders; no service
 * of the machine is touched.
 */
export async function provideServers() {
  const missing = servers.filter(({ variable, isInstalled }) => !process.env[variable] && !isInstalled())
  if (missing.length === 0) return
  const needed = missing.filter(({ isOptional }) => !isOptional)
  // What need not be there is installed by itself: not every Debian has all of it.
  for (const some of [needed, missing.filter(({ isOptional }) => isOptional)]) {
    if (some.length > 0 && isDebian() && process.getuid() === 0)
      await installOnDebian(some.map(({ debianPackage }) => debianPackage))
  }
  const absent = needed.filter(({ isInstalled }) => !isInstalled())
  if (absent.length === 0) return
  giveUp(
    ...absent.map(
      ({ name, debianPackage, variable, example }) =>
        `${name} is missing. Install it (on Debian: apt-get install ${debianPackage}), or name a server that tests may fill: ${variable}=${example}`,
    ),
    'Without servers: npm run check',
  )
}

const servers = [
  {
    name: 'PostgreSQL',
    debianPackage: 'postgresql',
    variable: 'MAKEGOOD_TEST_POSTGRES_URL',
    example:
      'postgres://user:password@127.0.0.1:5432/postgres (docker run -e POSTGRES_PASSWORD=password -p 5432:5432 postgres:17)',
    isInstalled: () =>
      entries('/usr/lib/postgresql').some(version => existsSync(`/usr/lib/postgresql/${version}/bin/initdb`)) ||
      isFound('initdb'),
  },
  {
    name: 'RabbitMQ',
    debianPackage: 'rabbitmq-server',
    variable: 'MAKEGOOD_TEST_AMQP_URL',
    example: 'amqp://guest:guest@127.0.0.1:5672 (docker run -p 5672:5672 rabbitmq:4)',
    isInstalled: () => Boolean(process.env.MAKEGOOD_RABBITMQ_HOME) || entries('/usr/lib/rabbitmq/lib').length > 0,
  },
  {
    name: 'MariaDB',
    debianPackage: 'mariadb-server',
    variable: 'MAKEGOOD_TEST_MYSQL_URL',
    example:
      'mysql://root:password@127.0.0.1:3306 (docker run -e MARIADB_ROOT_PASSWORD=password -p 3306:3306 mariadb:10.11)',
    isInstalled: () =>
      Boolean(process.env.MAKEGOOD_MYSQL_HOME) || existsSync('/usr/sbin/mariadbd') || isFound('mariadbd'),
  },
  {
    name: 'pgbouncer',
    debianPackage: 'pgbouncer',
    // The tests behind it are left out without it.
    isOptional: true,
    isInstalled: () => existsSync('/usr/sbin/pgbouncer'),
  },
  {
    name: 'Maven, which fetches Kafka,',
    debianPackage: 'maven',
    variable: 'MAKEGOOD_TEST_KAFKA_BROKERS',
    example: '127.0.0.1:9092 (docker run -p 9092:9092 apache/kafka:4.3.1)',
    // Tests of Kafka say so and are left out without it, unless it is asked for.
    isOptional: !process.env.MAKEGOOD_REQUIRE_KAFKA,
    isInstalled: () => isFound('java') && isFound('mvn'),
  },
  {
    name: 'iproute2',
    debianPackage: 'iproute2',
    // Compose files are run in networks of their own, by root; those tests say so and are left out without it.
    isOptional: true,
    isInstalled: () => isFound('ip'),
  },
  {
    name: 'HAProxy',
    debianPackage: 'haproxy',
    // So is the test of the file that has one.
    isOptional: true,
    isInstalled: () => isFound('haproxy'),
  },
  {
    name: 'Chromium',
    debianPackage: 'chromium',
    variable: 'MAKEGOOD_TEST_BROWSER',
    // Tests that look for it say so and are left out without it.
    isOptional: true,
    isInstalled: () => isFound('chromium'),
  },
]

async function installOnDebian(packages) {
  say(`installing Debian packages that the tests need, without starting any daemon: ${packages.join(' ')}`)
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  // Asked by Debian's packages whether they may start their daemons: no.
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    if ((await run('apt-get', ['update', '-qq'], { env })) !== 0)
      say('apt-get update failed; trying with what is known')
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env })
  } finally {
    if (ours) rmSync(policy)
  }
}

function isDebian() {
  return (
    existsSync('/etc/debian_version') &&
    isFound('apt-get') &&
    /debian|ubuntu/i.test(readFileSync('/etc/os-release', 'utf8'))
  )
}

function isFound(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

function entries(folder) {
  return existsSync(folder) ? readdirSync(folder) : []
}
