export { type AsyncApiDocument, type AsyncApiOptions, asyncapi } from './asyncapi.ts'
export type { SpeakingService } from './conversation.ts'
export { type OperatedService, type OperationsOptions, operationsRoutes } from './routes.ts'
