import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Definitions(): ReactNode {
  return <Page title="Definitions" />
}
