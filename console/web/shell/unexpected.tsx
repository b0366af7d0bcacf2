import { Alert, Button, Stack, Text } from '@mantine/core'
import { Component, type ReactNode } from 'react'

interface UnexpectedState {
  readonly error: Error | undefined
}

/** A page that breaks, or cannot be loaded, takes nothing else with it. */
export class Unexpected extends Component<{ readonly children: ReactNode }, UnexpectedState> {
  override state: UnexpectedState = { error: undefined }

  static getDerivedStateFromError(error: Error): UnexpectedState {
    return { error }
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
