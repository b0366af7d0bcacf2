import '@mantine/core/styles.css'
import './console.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Console } from './console.tsx'
import { styleNonce } from './style-nonce.ts'

// What keeps the page behind a dialog from scrolling asks for it by this name.
Object.assign(globalThis, { __webpack_nonce__: styleNonce() })

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Console />
  </StrictMode>,
)
