/** What the compiler is to hold for true. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
export const holds = <Claim extends true>(claim?: Claim): void => void claim
