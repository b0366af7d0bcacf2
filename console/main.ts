// `npm run console -- --service http://…`: the console by itself, for the services of any number of systems.
import { parseArgs } from 'node:util'
import { consoleServer, type OidcSignIn } from './server/index.ts'

const usage = `Usage: npm run console -- --service http://host:port [--service …]

  --service URL      where services answer; CONSOLE_SERVICES, separated by commas
  --host ADDRESS     where to listen (default 127.0.0.1); HOST
  --port NUMBER      (default 4400); CONSOLE_PORT
  --public-url URL   where people find it, if not there: https://console.example.org; CONSOLE_PUBLIC_URL
  --open             ask nobody to sign in: for services that are open to this machine

People sign in with a token of the services, or at an OpenID provider: CONSOLE_OIDC_ISSUER, CONSOLE_OIDC_CLIENT_ID,
CONSOLE_OIDC_CLIENT_SECRET, CONSOLE_OIDC_AUDIENCE, CONSOLE_OIDC_SCOPE.
`

const { values } = parseArgs({
  options: {
    service: { type: 'string', multiple: true },
    host: { type: 'string' },
    port: { type: 'string' },
    'public-url': { type: 'string' },
    open: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

if (values.help) {
  console.log(usage)
} else {
  await start().catch((error: Error) => {
    console.error(`${error.message}\n\n${usage}`)
    process.exitCode = 1
  })
}

async function start(): Promise<void> {
  const { env } = process
  const services = values.service ?? env['CONSOLE_SERVICES']?.split(',').filter(url => url.trim() !== '') ?? []
  const publicUrl = values['public-url'] ?? env['CONSOLE_PUBLIC_URL']
  const app = await consoleServer({
    services: services.map(url => url.trim()),
    signIn: values.open ? 'none' : (oidcIn(env) ?? 'token'),
    logger: { level: 'info' },
    ...(publicUrl === undefined ? {} : { publicUrl }),
  })
  const port = portIn(values.port ?? env['CONSOLE_PORT'] ?? '4400')
  const url = await app.listen({ host: values.host ?? env['HOST'] ?? '127.0.0.1', port })
  console.error(`The console is at ${publicUrl ?? url}/console/`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close())
}

function oidcIn(env: NodeJS.ProcessEnv): OidcSignIn | undefined {
  const issuer = env['CONSOLE_OIDC_ISSUER']
  if (issuer === undefined) return undefined
  const clientId = env['CONSOLE_OIDC_CLIENT_ID']
  if (clientId === undefined) throw new Error('CONSOLE_OIDC_ISSUER needs CONSOLE_OIDC_CLIENT_ID beside it.')
  const clientSecret = env['CONSOLE_OIDC_CLIENT_SECRET']
  const audience = env['CONSOLE_OIDC_AUDIENCE']
  const scope = env['CONSOLE_OIDC_SCOPE']
  return {
    issuer,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(audience === undefined ? {} : { audience }),
    ...(scope === undefined ? {} : { scope }),
  }
}

function portIn(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Error(`A port is a whole number from 0 to 65 535; it is ${text}.`)
}
