// Sentry as its documentation has it, with a transport that keeps what it would send.
import * as Sentry from '@sentry/node'

const sent = []
Sentry.init({
  dsn: 'http://key@127.0.0.1/1',
  tracesSampleRate: 1,
  sendDefaultPii: true,
  transport: (options) => Sentry.createTransport(options, ({ body }) => (sent.push(String(body)), Promise.resolve({ statusCode: 200 }))),
})

// What differs from run to run.
const RESTLESS = /(_id|^id|timestamp|time|_at|memory|port|replay_id|sample_rand|parent|guid|server_name|_size|contexts|modules)$/
const plain = (key, value) => {
  if (key && RESTLESS.test(key)) return undefined
  return typeof value === 'string' ? value.replace(/(127\.0\.0\.1|localhost):\d+/g, 'HOST').replace(/sample_rand=[\d.]+/g, '').replace(/[0-9a-f]{16,}/g, 'ID') : value
}

globalThis.handleErrors = (app) => Sentry.setupExpressErrorHandler(app)
globalThis.report = async () => {
  await Sentry.flush()
  const items = sent.flatMap((body) => body.split('\n').slice(2).map((line) => JSON.parse(line)))
  const lines = []
  for (const item of items.filter((item) => item.event_id)) {
    const spans = item.spans || []
    const byID = new Map(spans.map((s) => [s.span_id, s]))
    const path = (s) => (s ? [...path(byID.get(s.parent_span_id)), s.op + ' ' + s.description + ' ' + s.origin] : [])
    for (const s of spans) lines.push(JSON.stringify([item.transaction, path(s), s.status, s.data], plain))
    const own = item.contexts && item.contexts.trace
    lines.push(JSON.stringify([item.type, own && [own.op, own.origin, own.data], { ...item, spans: undefined }], plain))
    lines.push(JSON.stringify([item.type, Object.keys(item.modules || {}).length > 0]))
  }
  return lines
}
