import type { ReactNode } from 'react'
import { Page } from '../../parts/page.tsx'

export default function Services(): ReactNode {
  return <Page title="Services" />
}
