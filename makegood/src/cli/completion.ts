import { Argument, type Command } from 'commander'
import type { Desk } from './terminal.ts'

/** Completion is made from the commands themselves: it knows what `--help` knows. */
export function completionCommand({ terminal: { out } }: Desk, makegood: Command): void {
  const shells = ['bash', 'zsh', 'fish'] as const
  makegood
    .command('completion')
    .description('Print what makes a shell complete commands and options.')
    .addArgument(new Argument('<shell>', 'which').choices(shells))
    .addHelpText('after', howTo)
    .action((shell: (typeof shells)[number]) => out(scripts[shell](pathsFrom(makegood))))
}

const howTo = `
  bash  source <(makegood completion bash), in ~/.bashrc
  zsh   source <(makegood completion zsh), in ~/.zshrc, after compinit
  fish  makegood completion fish > ~/.config/fish/completions/makegood.fish`

/** What may follow the words of a command. */
interface Path {
  /** Like `sagas list`; empty for makegood itself. */
  readonly words: string
  readonly next: readonly Candidate[]
}

interface Candidate {
  readonly word: string
  readonly means: string
  /** What may follow an option; empty where that is free. */
  readonly values: readonly string[]
}

function pathsFrom(command: Command, words = ''): readonly Path[] {
  const children = command.commands.map(child => ({
    child,
    words: words === '' ? child.name() : `${words} ${child.name()}`,
  }))
  const [argument] = command.registeredArguments
  const next = [
    ...children.map(({ child }) => ({ word: child.name(), means: child.description(), values: [] })),
    ...(argument?.argChoices ?? []).map(word => ({ word, means: argument?.description ?? '', values: [] })),
    ...command.options.map(option => ({
      word: option.long!,
      means: option.description,
      values: option.argChoices ?? [],
    })),
  ]
  return [{ words, next }, ...children.flatMap(({ child, words }) => pathsFrom(child, words))]
}

// No variable is called `path`: zsh looks for commands there.
const scripts: { readonly [Shell in 'bash' | 'zsh' | 'fish']: (paths: readonly Path[]) => string } = {
  bash: paths => `# makegood, completed by bash
_makegood() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} at= each
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$each" in
${paths
  .filter(({ words }) => words !== '')
  .map(({ words }) => `      '${words}') at='${words}' ;;`)
  .join('\n')}
    esac
  done
  case "$at $before" in
${withValues(paths)
  .map(
    ({ words, word, values }) =>
      `    '${words} ${word}') COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$word")); return ;;`,
  )
  .join('\n')}
  esac
  case "$at" in
${paths.map(({ words, next }) => `    '${words}') COMPREPLY=($(compgen -W '${next.map(({ word }) => word).join(' ')}' -- "$word")) ;;`).join('\n')}
  esac
}
complete -o default -F _makegood makegood
`,

  zsh: paths => `#compdef makegood
_makegood() {
  local before=\${words[CURRENT-1]} at= each
  for each in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$each" in
${paths
  .filter(({ words }) => words !== '')
  .map(({ words }) => `      '${words}') at='${words}' ;;`)
  .join('\n')}
    esac
  done
  case "$at $before" in
${withValues(paths)
  .map(({ words, word, values }) => `    '${words} ${word}') compadd -- ${values.join(' ')}; return ;;`)
  .join('\n')}
  esac
  local -a candidates
  case "$at" in
${paths.map(({ words, next }) => `    '${words}') candidates=(${next.map(({ word, means }) => quoted(`${word}:${means}`)).join(' ')}) ;;`).join('\n')}
  esac
  _describe makegood candidates || _files
}
compdef _makegood makegood
`,

  fish: paths => `# makegood, completed by fish
function __makegood_path
  set -l at
  for each in (commandline -opc)[2..]
    if contains -- "$at$each" ${paths
      .filter(({ words }) => words !== '')
      .map(({ words }) => `'${words}'`)
      .join(' ')}
      set at "$at$each "
    end
  end
  string trim -- "$at"
end
${paths.flatMap(({ words, next }) => next.map(candidate => fishLine(words, candidate))).join('\n')}
`,
}

function fishLine(words: string, { word, means, values }: Candidate): string {
  const when = `complete -c makegood -n 'test (__makegood_path) = ${quoted(words).replaceAll("'", '"')}'`
  if (!word.startsWith('--')) return `${when} -f -a ${quoted(word)} -d ${quoted(means)}`
  const choices = values.length === 0 ? '' : ` -x -a ${quoted(values.join(' '))}`
  return `${when} -l ${word.slice(2)} -d ${quoted(means)}${choices}`
}

interface Valued extends Candidate {
  readonly words: string
}

function withValues(paths: readonly Path[]): readonly Valued[] {
  return paths.flatMap(({ words, next }) =>
    next.filter(({ values }) => values.length > 0).map(each => ({ words, ...each })),
  )
}

/** In single quotes, as all three take it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
