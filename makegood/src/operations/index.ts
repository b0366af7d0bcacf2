export { type OperatedService, type OperationsOptions, operationsRoutes } from './routes.ts'
