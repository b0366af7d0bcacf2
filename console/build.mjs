// `npm run build:console`: the pages of the console, as files in `dist`. `npm start` runs this each time.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { builtOnce } from '../scripts/built.mjs'
import { root } from '../scripts/root.mjs'

await builtOnce({
  what: 'the console',
  dist: 'console/dist',
  sources: [
    'console/web',
    'console/vite.config.ts',
    'console/server/contract.ts',
    'makegood/src/operations/contract.ts',
    'makegood/src/operations/findings.ts',
    'docs/runbooks',
  ],
  build: async outDir => {
    const vite = await import('vite')
    await vite.build({
      configFile: join(root, 'console/vite.config.ts'),
      logLevel: 'warn',
      build: { outDir, emptyOutDir: true },
    })
    for (const file of readdirSync(join(outDir, 'assets')).filter(name => /\.(js|css|svg)$/.test(name))) {
      const path = join(outDir, 'assets', file)
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
    }
  },
})
