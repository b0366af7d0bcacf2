import { Container } from '@mantine/core'
import { lazy, type ReactNode, Suspense } from 'react'
import { useSession } from '../api/session.ts'
import { Answered, Loading } from '../parts/states.tsx'

const SignIn = lazy(() => import('../pages/sign-in/page.tsx'))

/** Whoever has to sign in does so where they wanted to go: the address stays. */
export function SessionGate({ children }: { readonly children: ReactNode }): ReactNode {
  const session = useSession()
  if (session.data?.caller) return children
  return (
    <Container size="xs" py="xl" component="main">
      <Answered of={session}>
        {({ signIn }) => (
          <Suspense fallback={<Loading />}>
            <SignIn ways={signIn} />
          </Suspense>
        )}
      </Answered>
    </Container>
  )
}
