export { type GaugeOptions, gauges, type MeasuredService } from './gauges.ts'
export { type TelemetryOptions, telemetry } from './telemetry.ts'
