'use strict'
// Loading this package does nothing: hotswap may load it into a process that waits. The
// connection is opened, and the environment read, at the first use.

const handoff = require('./lib/handoff.cjs')
const { functions } = require('./lib/state.cjs')
const { namespace } = require('./lib/namespace.cjs')
const place = require('./lib/place.cjs')
const { lease } = require('./lib/lease.cjs')

module.exports = {
  ...handoff,
  ...functions(''),
  namespace,
  ...place.functions,
  lease,
  get generation() {
    return place.generation()
  },
}
