'use strict'
// Every Node process of the program loads this file before its own first line. Until
// the process accepts a connection nothing else runs: an accessor on Module.runMain
// (internals.cjs), one subscription, and one look after a second. To load net here and
// hook listen would cost each npm and each compiler 2 ms.
// The syntax is that of Node 12, so that an old Node gets past this file too.
const path = process.env.HOTSWAP_WIRE || ''
const version = process.versions
// The socket has the name of this folder; another name is for another adapter.
const ours =
  path.endsWith('/' + __dirname.replace(/^.*[\\/]/, '')) &&
  !version.bun &&
  !version.deno &&
  parseInt(version.node, 10) >= 20
const { safely } = require('./common.cjs') // the program is more important than the adapter
let hold = null
let remember = null
safely(() => {
  // Node 22.15 and newer, below hotswap's own standbys too.
  if (ours && process.env.HOTSWAP_REMEMBER && require('module').registerHooks)
    (remember = require('./remember/remember.cjs')).begin(process.env.HOTSWAP_REMEMBER)
})
safely(() => {
  if (!ours) return
  // Before a standby compares what packages change.
  require('./modules/hooks.cjs').prepare()
  require('./modules/reads.cjs').begin()
})
if (process.env.HOTSWAP_HOLD) {
  // In a standby nothing of the program may run early: rather nothing at all.
  try {
    if (require('worker_threads').isMainThread) {
      hold = require('./standby/hold.cjs')
      hold.begin(process.env.HOTSWAP_HOLD)
    }
  } catch (e) {
    process.kill(process.pid, 'SIGKILL')
  }
}
safely(() => {
  if (!ours) return
  if (!hold) require('./internals.cjs').noteRunMain() // in workers too: to ask for isMainThread costs 2 ms
  const hooks = require('./modules/hooks.cjs')
  if (!hold) safely(hooks.begin)
  // Node publishes a connection after the program's own listeners have run, and
  // before it reads the first byte.
  const { channel } = require('diagnostics_channel')
  const accepted = channel('net.server.socket')
  let drain = null
  let broken = false
  accepted.subscribe((message) => {
    try {
      const socket = message.socket
      // A unix socket without HTTP connects processes of the program, as tsx does.
      if (
        broken ||
        !socket ||
        (typeof socket.localPort !== 'number' && !(socket.server && 'keepAliveTimeout' in socket.server))
      )
        return
      if (drain) drain.accepted(socket)
      else (drain = require('./drain/conns.cjs')).begin(path, socket)
    } catch (e) {
      broken = true // hotswap watches the connections from outside
    }
  })
  if (process.env.HOTSWAP_HELD) {
    require('./held/held.cjs').begin(path, (server) => {
      if (!('keepAliveTimeout' in server)) return // its connections stay, or it is that of a cluster's workers
      if (!drain) (drain = require('./drain/conns.cjs')).begin(path, null)
      drain.opened(server) // before its first client: connections of the generation before may move to it
    })
  }
  require('./internals.cjs').noteThreads()
  safely(require('./internals.cjs').followPrimary)
  // A worker thread or a queue's consumer accepts no connection: after a second it
  // connects by itself, unless it is a tool's main thread. argv[1] may be a link, or lack the file's ending.
  const connect = () => {
    const { isMainThread } = require('worker_threads')
    const main = isMainThread ? require('./internals.cjs').resolve(process.argv[1] || '-') : process.argv[1] // '': node -e
    const own = main !== '' && !/[\\/](node_modules|corepack|\.yarn)[\\/]/.test(main)
    if (own || !isMainThread) require('./connection.cjs').connect(path, own) // a pool's thread may not answer until its next job
  }
  const later = setTimeout // a package that a standby loads may replace it
  const soon = () => void later(safely, 1000, connect).unref()
  // What the first connection would load else, while its client waits.
  const load = () => ['./drain/conns.cjs', './connection.cjs', './transport.cjs'].forEach((file) => require(file))
  const run = () => {
    if (remember) remember.released()
    safely(hooks.begin)
    soon()
  }
  if (hold) hold.around(load, run)
  else soon()
  module.exports = { accepted } // some versions collect a channel that nothing references
})
