'use strict'
// A program may set variables before it requires the packages that read them, as with dotenv. In a
// standby, packages are loaded with the values that the variables had in the generation before.
// When the program requires the first package to which that matters, the values are compared: if
// one is another, these packages are loaded anew, as in a cold start.

const { packageOf } = require('./stack.cjs')
const { cache, onRequire, seen } = require('../internals.cjs')

class Assumed {
  constructor({ assume, assuming }) {
    this.values = Object.entries(assume)
    this.packages = new Set(assuming)
    this.were = this.values.map(([name]) => [name, process.env[name]])
  }

  set() {
    for (const [name, value] of this.values) process.env[name] = value
  }

  /** Restores the variables, and has them compared later. */
  restore() {
    for (const [name, value] of this.were) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    if (this.packages.size === 0) return
    onRequire((file) => {
      if (!this.packages.has(packageOf(file))) return false
      if (this.values.some(([name, value]) => process.env[name] !== value)) this.drop()
      return true
    })
  }

  drop() {
    seen.dropped = true
    const modules = cache()
    for (const file of Object.keys(modules)) if (this.packages.has(packageOf(file))) delete modules[file]
  }
}

module.exports = { Assumed }
