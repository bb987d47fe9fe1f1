// Sentry, with a transport that keeps what it would send.
const Sentry = require('@sentry/node')
const { ids } = require('./plain.cjs')

const spans = []
const lines = []
const keep = (body) => {
  const [, ...parts] = body.split('\n')
  for (const [i, part] of parts.entries()) {
    const { type } = i % 2 === 0 && JSON.parse(part)
    if (type === 'span') spans.push(...JSON.parse(parts[i + 1]).items)
    if (type === 'event') lines.push(JSON.stringify(JSON.parse(parts[i + 1]).exception.values.map((e) => [e.type, e.value, e.mechanism]), ids))
  }
}
Sentry.init({
  dsn: 'http://key@127.0.0.1/1',
  tracesSampleRate: 1,
  transport: (options) => Sentry.createTransport(options, ({ body }) => (keep(String(body)), Promise.resolve({ statusCode: 200 }))),
})

globalThis.handleErrors = (app) => Sentry.setupExpressErrorHandler(app)
globalThis.report = async () => {
  await Sentry.flush()
  const byID = new Map(spans.map((s) => [s.span_id, s]))
  const path = (s) => (s ? [...path(byID.get(s.parent_span_id)), s.name] : [])
  return [...lines, ...spans.map((s) => JSON.stringify([path(s), s.status, s.attributes], ids))]
}
