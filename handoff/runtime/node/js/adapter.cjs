'use strict'
// Loaded into every Node process of the program, before its own first line. Until
// the process accepts a connection this is all that runs: an accessor on Module.runMain
// (runmain.cjs), one subscription, and a look after a second. (To load net here, so as
// to hook listen, would cost each npm and each compiler 2 ms.)
// The syntax is that of Node 12, so that an old Node too gets past this file.
let hold = null
if (process.env.HOTSWAP_HOLD) {
  // In a standby nothing of the program runs: rather nothing at all.
  try {
    if (require('worker_threads').isMainThread) {
      hold = require('./standby/hold.cjs')
      hold.begin(process.env.HOTSWAP_HOLD)
    }
  } catch (e) {
    process.kill(process.pid, 'SIGKILL')
  }
}
try {
  const path = process.env.HOTSWAP_NODE || ''
  const version = process.versions
  // The socket is named as this folder: one of another name is another adapter's.
  const ours = path.endsWith('/' + __dirname.replace(/^.*[\\/]/, ''))
  if (ours && !version.bun && !version.deno && parseInt(version.node, 10) >= 18) {
    if (!hold) require('./standby/runmain.cjs').note() // in a worker too: worker_threads would cost 2 ms
    // Told of a connection after the program's own listeners have been, and
    // before any of its bytes is read.
    const accepted = require('diagnostics_channel').channel('net.server.socket')
    let conns = null // what the rest of the adapter exports
    let broken = false
    accepted.subscribe((message) => {
      try {
        const socket = message.socket
        // A unix socket is between processes: tsx has one for itself.
        if (broken || !socket || typeof socket.localPort !== 'number') return
        if (conns) conns.accepted(socket)
        else (conns = require('./drain/conns.cjs')).begin(path, socket)
      } catch (e) {
        broken = true // the connections are watched from outside
      }
    })
    // What is there after a second, and is no tool, tells of itself without being
    // connected to: a worker thread, a queue's consumer. argv[1] may be a link.
    const tell = () => {
      try {
        const main = process.argv[1] && require('fs').realpathSync(process.argv[1])
        if (main && !/[\\/](node_modules|corepack|\.yarn)[\\/]/.test(main)) require('./connection.cjs').connect(path)
      } catch (e) {
        // It is not known, then.
      }
    }
    const soon = () => void setTimeout(tell, 1000).unref()
    if (hold) hold.then(soon)
    else soon()
    module.exports = accepted // Node 18 would forget a channel that nobody holds
  }
} catch (e) {
  // The program is more important.
}
