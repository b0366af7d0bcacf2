import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `CONSOLE_URL` is a console's server that answers `/console/api` while pages are being written: `npm run dev`. */
export default defineConfig({
  root: new URL('web', import.meta.url).pathname,
  base: '/console/',
  plugins: [react()],
  resolve: { conditions: ['source', 'module', 'browser', 'import', 'default'] },
  // The server puts a new one in its place for each answer.
  html: { cspNonce: '{{nonce}}' },
  build: { outDir: '../dist', emptyOutDir: true, chunkSizeWarningLimit: 700 },
  server: { proxy: { '/console/api': process.env['CONSOLE_URL'] ?? 'http://127.0.0.1:4400' } },
})
