export type { ConsoleOptions, OidcSignIn, SignInOption } from './options.ts'
export type {
  BookView,
  DoStep,
  ExperimentView,
  PlacedOrder,
  PlaceOrders,
  PlayedService,
  PlaygroundView,
  TurnSwitches,
  WayStep,
} from './playground-contract.ts'
export { consolePlugin } from './plugin.ts'
export { consoleServer } from './server.ts'
