import { composedScenarios } from './composed-scenarios.ts'

composedScenarios({ outages: false })
