import { defineConfig } from 'vitest/config'

/**
 * `unit` is the quick loop; `embedded` runs whole services in this process, on PGlite; `servers` starts a PostgreSQL and
 * a RabbitMQ; `chaos` starts its own, and takes long.
 */
export default defineConfig({
  test: {
    projects: [
      project('unit', {
        include: ['**/*.test.ts'],
        exclude: ['**/*.embedded.test.ts', '**/*.server.test.ts', '**/*.chaos.test.ts'],
        testTimeout: 60_000,
      }),
      project('embedded', {
        include: ['**/*.embedded.test.ts'],
        globalSetup: ['scripts/test/built-systems.mjs'],
        // Whole systems, and browsers: a limit for what hangs, not for what a busy machine is slow at.
        testTimeout: 180_000,
      }),
      project('servers', {
        include: ['**/*.server.test.ts'],
        globalSetup: ['scripts/test/built-systems.mjs', 'scripts/servers/global-setup.ts'],
        // Two cores, two servers: files beside each other would measure each other's load.
        fileParallelism: false,
        testTimeout: 120_000,
      }),
      project('chaos', {
        include: ['**/*.chaos.test.ts'],
        globalSetup: ['scripts/test/built-systems.mjs'],
        fileParallelism: false,
        testTimeout: 30 * 60_000,
      }),
    ],
  },
})

interface ProjectOptions {
  readonly include: string[]
  readonly exclude?: string[]
  readonly globalSetup?: string[]
  readonly fileParallelism?: boolean
  readonly testTimeout: number
}

function project(name: string, { exclude = [], ...options }: ProjectOptions) {
  return {
    // The packages of the workspace are their TypeScript sources here: none is built before a test.
    resolve: { conditions: ['source'] },
    ssr: {
      resolve: {
        // Not `import`: Node would take it for `require` too, and load the wrong half of a package that has two.
        conditions: ['source', 'node'],
        externalConditions: ['source', 'node'],
      },
    },
    test: {
      name,
      ...options,
      exclude: ['**/node_modules/**', '**/dist/**', 'bench/peers/**', ...exclude],
      // Files leave nothing behind, and each would compile PGlite and load makegood anew.
      isolate: false,
      hookTimeout: 120_000,
      // On a busy machine half a minute is nothing.
      expect: { poll: { timeout: 60_000 } },
      server: { deps: { inline: [/\/(makegood|systems|console|bench)\//, 'makegood'] } },
    },
  }
}
