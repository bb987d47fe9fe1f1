'use strict'
// Event streams: answers of the type text/event-stream, which have no end of their own.
// EventSource connects again after any end of its stream, and names the last event that
// it has got (Last-Event-ID). So a drain ends its stream between two events. Another
// client may take the end of a stream for the end of the answer, so the stream goes on.

const { Events } = require('./events.cjs')
const { CONNECTIONS, finish, headOf, works } = require('../internals.cjs')
const { hide } = require('../common.cjs')

const TYPE = /\r\ncontent-type:[ \t]*text\/event-stream/i
const CODED = /\r\ncontent-encoding:/i

const key = Symbol('hotswap.stream')
const types = new WeakMap() // answer whose head is written → whether it is an event stream

/** Reports whether a request is one of EventSource: a GET that accepts events and is not
 * to be answered from a cache. Browsers' fetch sends the second only when told to. It runs
 * for each request, so it searches for the rarest word first. */
function fromEventSource({ method, rawHeaders }) {
  if (method !== 'GET') return false
  for (let i = 1; i < rawHeaders.length; i += 2) {
    if (!rawHeaders[i].startsWith('text/event-stream')) continue
    return /^accept$/i.test(rawHeaders[i - 1]) && rawHeaders.some(isFresh)
  }
  return false
}

/** Reports whether a list of names and values has a header that wants no cached answer. */
const isFresh = (name, i, headers) =>
  i % 2 === 0 && /^cache-control$/i.test(name) && /no-(cache|store)/i.test(headers[i + 1])

/** Follows the answer to a request of EventSource, which the program has not seen yet. */
function follow(req, res) {
  if (!fromEventSource(req) || !works(CONNECTIONS)) return
  const stream = new Events()
  const next = res.write
  hide(res, key, stream)
  hide(res, 'write', function write(chunk, encoding) {
    stream.see(chunk, encoding)
    return next.apply(this, arguments)
  })
}

/** Reports whether an answer is an event stream, whoever reads it. */
function isStream(res) {
  if (!types.has(res)) {
    const head = headOf(res)
    if (head === '') return false
    types.set(res, TYPE.test(head))
  }
  return types.get(res)
}

/** Ends an event stream of EventSource that is between two events. Reports
 * whether it did. The program may still be about to answer something else. A compressed stream
 * is left alone, because an event may be half in the compressor. */
function end(res, socket) {
  const stream = res[key]
  if (!stream || !stream.boundary || !isStream(res)) return false
  if (res.writableEnded || res.writableCorked > 0 || res.socket !== socket) return false
  if (CODED.test(headOf(res))) return false
  finish(res, socket)
  return true
}

module.exports = { follow, isStream, end }
