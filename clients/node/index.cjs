'use strict'
// Loading this package does nothing: hotswap may load it into a process that waits. The
// connection is opened, and the environment read, at the first use.

const { onHandoff, adopted } = require('./lib/handoff.cjs')
const { lease } = require('./lib/lease.cjs')
const { onServe, onDrain } = require('./lib/place.cjs')

module.exports = {
  ...require('./lib/state.cjs'),
  onServe,
  onDrain,
  lease,
  onHandoff,
  adopted,
  /** The number of this generation. */
  get generation() {
    return Number(process.env.HOTSWAP_GENERATION) || 1
  },
}
