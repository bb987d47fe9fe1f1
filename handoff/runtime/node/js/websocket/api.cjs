'use strict'
// The other end of the package 'hotswap', which a program may use: it finds the
// adapter by two named channels, and without one nobody is there.

const { channel } = require('diagnostics_channel')

const channels = [] // held, or Node 18 would forget them

/** find returns what is known of a socket: { onHandoff, adopted }, or undefined. */
function serve(find) {
  const on = (name, f) => {
    const c = channel(name)
    c.subscribe((message) => {
      const kept = message && find(message.socket)
      if (kept) f(message, kept)
    })
    channels.push(c)
  }
  on('hotswap.handoff', (message, kept) => {
    kept.onHandoff = message.give
  })
  on('hotswap.adopted', (message, kept) => {
    message.adopted = kept.adopted
  })
}

module.exports = { serve }
