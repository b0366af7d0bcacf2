import { context, propagation, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { textOf } from '../../model/errors.ts'
import type { Headers } from '../../model/message.ts'
import type { Telemetry } from '../../ports/telemetry.ts'

/** Spans of one service. Without a registered SDK the API's own spans do nothing and carry nothing. */
export function traces(
  service: string,
  tracer: Tracer = trace.getTracer('makegood'),
): Pick<Telemetry, 'span' | 'carrier'> {
  return {
    span: ({ name, parent, attributes }, work) => {
      const options = { kind: SpanKind.CONSUMER, attributes: { 'makegood.service': service, ...attributes } }
      // Without a trace in `parent` this is the context of now: an outside call stands inside what called it.
      const from = propagation.extract(context.active(), parent)
      return tracer.startActiveSpan(name, options, from, span => ended(span, work))
    },
    carrier: () => {
      const headers: Record<string, string> = {}
      propagation.inject(context.active(), headers)
      return headers satisfies Headers
    },
  }
}

async function ended<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    span.recordException(error instanceof Error ? error : textOf(error))
    span.setStatus({ code: SpanStatusCode.ERROR, message: textOf(error) })
    throw error
  } finally {
    span.end()
  }
}
