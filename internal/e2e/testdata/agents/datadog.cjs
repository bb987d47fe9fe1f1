// Datadog's tracer, whose exporter for Lambda prints the spans. They are kept instead.
const { ids, soon } = require('./plain.cjs')

const lines = []
const { write } = process.stdout
process.stdout.write = function (text, ...rest) {
  if (!String(text).startsWith('{"traces"')) return Reflect.apply(write, this, [text, ...rest])
  for (const trace of JSON.parse(text).traces) {
    const byID = new Map(trace.map((s) => [s.span_id, s]))
    const path = (s) => (s ? [...path(byID.get(s.parent_id)), s.name + ' ' + s.resource] : [])
    for (const s of trace) lines.push(JSON.stringify([path(s), s.type, s.error, s.meta], ids))
  }
  return true
}
require('dd-trace').init({ startupLogs: false, experimental: { exporter: 'log' }, flushInterval: 10 })

globalThis.report = () => soon(lines)
