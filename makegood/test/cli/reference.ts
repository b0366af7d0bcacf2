import type { Command, Option } from 'commander'

/** Every command with its arguments and options, as `docs/cli.md` has them. Made from what `--help` is made from. */
export function reference(makegood: Command): string {
  const [first] = leavesOf(makegood)
  const asking = first!.options.filter(isAsking)
  return [
    '### What every command takes that asks services',
    '',
    tableOf(asking),
    ...leavesOf(makegood).flatMap(command => [
      '',
      `### \`${usageOf(command)}\``,
      '',
      command.description(),
      ...optionsOf(command),
    ]),
  ].join('\n')
}

/** Commands that do something themselves. */
export function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf)
}

/** Like `makegood sagas list`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function usageOf(command: Command): string {
  const args = command.registeredArguments.map(argument => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return [pathOf(command), ...args].join(' ')
}

function optionsOf(command: Command): readonly string[] {
  const own = command.options.filter(option => !isAsking(option))
  return own.length === 0 ? [] : ['', tableOf(own)]
}

function isAsking({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === 'Asking:'
}

function tableOf(options: readonly Option[]): string {
  const rows = options.map(option => `| \`${option.flags}\` | ${cellOf(option)} |`)
  return ['| option | means |', '|---|---|', ...rows].join('\n')
}

function cellOf({ description, argChoices, defaultValue, envVar, mandatory }: Option): string {
  const more = [
    mandatory ? 'has to be said' : undefined,
    argChoices && `one of ${argChoices.map(each => `\`${each}\``).join(', ')}`,
    defaultValue === undefined ? undefined : `otherwise \`${defaultValue}\``,
    envVar && `environment: \`${envVar}\``,
  ].filter(each => each !== undefined)
  return [description, ...more].join('; ').replaceAll('|', '\\|')
}
