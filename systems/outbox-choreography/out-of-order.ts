/** A message has come before the one that it follows from: it is tried again later, and in the end is a dead letter. */
export class OutOfOrder extends Error {}
