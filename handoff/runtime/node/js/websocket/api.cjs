'use strict'
// The other end of the package hotswap-dev, which a program may use. The package finds
// the adapter by two named channels; without an adapter the channels have no subscriber.

const { channel } = require('diagnostics_channel')

const channels = [] // referenced here, because Node 18 collects a channel that nothing references

/** find returns the client stream of a socket, or undefined. */
function serve(find) {
  const on = (name, f) => {
    const c = channel(name)
    c.subscribe((message) => {
      const stream = message && find(message.socket)
      if (stream) f(message, stream)
    })
    channels.push(c)
  }
  on('hotswap.handoff', (message, stream) => {
    stream.onHandoff = message.give
  })
  on('hotswap.adopted', (message, stream) => {
    message.adopted = stream.adopted
  })
}

module.exports = { serve }
