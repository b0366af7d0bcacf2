import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function DeadLetters(): ReactNode {
  return <Page title="Dead letters" />
}
