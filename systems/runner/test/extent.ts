/** How much of its scenarios a shop is put through. */
export interface Extent {
  /** Whether services are away for a while, too: each that starts again takes seconds. @defaultValue true */
  readonly outages?: boolean
}
