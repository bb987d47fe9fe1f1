'use strict'

const { checkName } = require('./limits.cjs')
const { functions } = require('./state.cjs')

/** Returns the functions of state for keys that begin with 'name/', which they leave away. */
function namespace(name) {
  return within('', name)
}

function within(prefix, name) {
  checkName(name, 'the name')
  const inner = `${prefix}${name}/`
  return { ...functions(inner), namespace: (name) => within(inner, name) }
}

module.exports = { namespace }
