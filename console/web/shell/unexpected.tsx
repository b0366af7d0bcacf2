import { Alert, Button, Stack, Text } from '@mantine/core'
import { Component, type ReactNode } from 'react'

interface UnexpectedProps {
  /** The address: at another one there is another page. */
  readonly at: string
  readonly children: ReactNode
}

interface UnexpectedState {
  readonly error: Error | undefined
  readonly at: string
}

/** A page that breaks, or cannot be loaded, takes nothing else with it. */
export class Unexpected extends Component<UnexpectedProps, UnexpectedState> {
  override state: UnexpectedState = { error: undefined, at: this.props.at }

  static getDerivedStateFromError(error: Error): Partial<UnexpectedState> {
    return { error }
  }

  static getDerivedStateFromProps({ at }: UnexpectedProps, state: UnexpectedState): UnexpectedState | null {
    return at === state.at ? null : { at, error: undefined }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <Alert color="red" title="This page broke" role="alert">
        <Stack align="flex-start" gap="xs">
          <Text size="sm">{error.message}</Text>
          <Text size="sm">Nothing was changed by it. Was the console updated since this page was opened?</Text>
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            Load it again
          </Button>
        </Stack>
      </Alert>
    )
  }
}
