import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Sagas(): ReactNode {
  return <Page title="Sagas" />
}
