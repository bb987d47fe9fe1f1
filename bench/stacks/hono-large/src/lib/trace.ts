import { trace } from '@opentelemetry/api'

const tracer = trace.getTracer('hono-large')

export const traced = <T>(name: string, run: () => Promise<T>) =>
  tracer.startActiveSpan(name, async (span) => {
    try {
      return await run()
    } finally {
      span.end()
    }
  })
