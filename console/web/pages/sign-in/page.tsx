import { Alert, Button, PasswordInput, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { SessionView } from '../../../server/contract.ts'
import { useSignIn } from '../../api/session.ts'
import { Page } from '../../parts/page.tsx'

export default function SignIn({ ways }: { readonly ways: SessionView['signIn'] }): ReactNode {
  const signIn = useSignIn()
  const [token, setToken] = useState('')
  const [error, setError] = useState<string>()
  const [isAsking, setAsking] = useState(false)
  const submit = async () => {
    setAsking(true)
    setError(undefined)
    await signIn(token.trim()).catch((thrown: Error) => setError(thrown.message))
    setAsking(false)
  }
  const whyNot = whyNots[new URLSearchParams(location.search).get('sign-in') ?? '']
  return (
    <Page title="Sign in to the console">
      {whyNot !== undefined && (
        <Alert color="red" title="You are not signed in" role="alert">
          {whyNot}
        </Alert>
      )}
      {ways.includes('token') && (
        <form
          onSubmit={event => {
            event.preventDefault()
            void submit()
          }}
        >
          <Stack>
            <PasswordInput
              label="Token"
              description="One of those that the services know by OPERATIONS_TOKENS. It is kept on the console’s server only, for eight hours."
              value={token}
              onChange={event => setToken(event.currentTarget.value)}
              error={error}
              autoComplete="current-password"
              required
              autoFocus
            />
            <Button type="submit" loading={isAsking} disabled={token.trim() === ''}>
              Sign in
            </Button>
          </Stack>
        </form>
      )}
      {ways.includes('oidc') && (
        <Stack>
          <Text size="sm">Your organisation tells the console who you are.</Text>
          <Button
            component="a"
            href={`${import.meta.env.BASE_URL}api/oidc/begin?to=${encodeURIComponent(location.pathname + location.search)}`}
          >
            Sign in with your organisation
          </Button>
        </Stack>
      )}
    </Page>
  )
}

const whyNots: { readonly [code: string]: string } = {
  late: 'That took too long, or began in another browser. Try again.',
  refused: 'Your organisation knows you, and no service lets you in: ask whoever keeps their roles.',
  failed: 'Your organisation did not say who you are, or no service answered. Try again; the console’s log says more.',
}
