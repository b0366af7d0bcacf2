import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Failures(): ReactNode {
  return <Page title="Failures" />
}
