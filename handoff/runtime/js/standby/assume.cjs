'use strict'
// A program may set variables before it requires the packages that read them, as with dotenv. In a
// standby, packages are loaded with the values that the variables had in the generation before.
// When the program requires the first package to which that matters, the values are compared: if
// one is another, these packages are loaded anew, as in a cold start.

const { cache, onRequire, seen } = require('../internals.cjs')
const { packageOf } = require('../common.cjs')

/** Sets the variables of a plan, and returns what restores them and has them compared later. */
function assume(plan) {
  const values = Object.entries(plan.assume)
  const packages = new Set(plan.assuming)
  const were = values.map(([name]) => [name, process.env[name]])
  for (const [name, value] of values) process.env[name] = value
  return () => {
    for (const [name, value] of were) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    if (packages.size === 0) return
    onRequire((file) => {
      if (!packages.has(packageOf(file))) return false
      if (values.some(([name, value]) => process.env[name] !== value)) drop(packages)
      return true
    })
  }
}

function drop(packages) {
  seen.dropped = true
  const modules = cache()
  for (const file of Object.keys(modules)) if (packages.has(packageOf(file))) delete modules[file]
}

module.exports = { assume }
