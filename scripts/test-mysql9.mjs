// `npm run test:mysql9`: what MySQL is tested with, on MySQL 9 in place of MariaDB. Debian has it in unstable only: its
// packages are unpacked into a folder of their own, and the server among them is started with the libraries among them.
// Nothing of the machine changes but that `mmdebstrap`, which unpacks them, is installed.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { installPackages } from './test/packages.mjs'
import { provideServers } from './test/servers.mjs'
import { finish, giveUp, run, say, tests } from './test/stage.mjs'

const home = process.env.MAKEGOOD_MYSQL_HOME ?? join(root, 'node_modules/.cache/makegood/mysql9')
const files = ['makegood/test/adapters/mysql.server.test.ts', 'makegood/test/engine/mysql.server.test.ts']

await installPackages()
process.env.MAKEGOOD_MYSQL_HOME = home
if (!existsSync(join(home, 'usr/sbin/mysqld'))) await unpack()
await provideServers()
await tests('tests on MySQL 9', ['--project', 'servers', ...files, ...process.argv.slice(2)])
finish()

async function unpack() {
  say(`unpacking MySQL 9 from Debian unstable into ${home} (330 MB)`)
  if (!existsSync('/usr/bin/mmdebstrap'))
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'mmdebstrap'])
  const unfinished = `${home}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  const code = await run('mmdebstrap', [
    '--variant=extract',
    // A mirror that stands still is as good.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--include=mysql-server-core,libc-bin',
    'unstable',
    unfinished,
    'deb http://deb.debian.org/debian unstable main',
  ])
  if (code !== 0) {
    giveUp(
      'It could not be unpacked; see above. This needs Debian and root: elsewhere name a server that tests may fill in MAKEGOOD_TEST_MYSQL_URL, or unpacked packages in MAKEGOOD_MYSQL_HOME.',
    )
  }
  renameSync(unfinished, home)
}
