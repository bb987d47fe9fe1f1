'use strict'
// Module.runMain: Node reads it when all that its command line requires is loaded, and
// calls it, and only then the program's main module runs. An accessor there gets
// control, or sees that Node passes by: with --experimental-default-type=module, --test
// or -e Node does not read it. No list of options says so for every version of Node;
// so each process of a generation notes whether it did, and a standby is made only of
// a program whose process has noted it (see doc.go).

const fs = require('fs')
const path = require('path')
const Module = require('module')

const NODE_CALLS = /^node:internal\/main\// // of what reads runMain there are others: lists of exports
const TS_NODE = /[\\/]ts-node[\\/]/ // calls it a second time, when argv[1] is the program's

const seen = {
  execArgv: process.execArgv.slice(), // as it was before anybody could change it
  script: '', // argv[1] when Node was last about to run a main module
}

/** Has about(runMain, restore) say what Node is to call, each time that it is about to
 * run a main module, until restore is called. Returns false if that cannot be. */
function onRunMain(about) {
  const original = Object.getOwnPropertyDescriptor(Module, 'runMain')
  if (!original || typeof original.value !== 'function' || !original.configurable) return false
  let runMain = original.value
  const restore = () => Object.defineProperty(Module, 'runMain', { ...original, value: runMain })
  Object.defineProperty(Module, 'runMain', {
    configurable: true,
    enumerable: original.enumerable,
    set(value) {
      runMain = value
    },
    get: function get() {
      const by = caller(get)
      if (!NODE_CALLS.test(by) && !TS_NODE.test(by)) return runMain
      seen.script = process.argv[1] || ''
      return about(runMain, restore)
    },
  })
  return true
}

/** The file that has called f; '' if that cannot be known. (stack.cjs knows more, and
 * would cost each Node process another file.) */
function caller(f) {
  const { stackTraceLimit } = Error
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  try {
    Error.stackTraceLimit = 1
    Error.prepareStackTrace = (_, sites) => sites
    const at = {}
    Error.captureStackTrace(at, f)
    return at.stack[0].getFileName() || ''
  } catch (e) {
    return '' // frozen
  } finally {
    if (!Object.isFrozen(Error)) {
      Error.stackTraceLimit = stackTraceLimit
      if (prepare) Object.defineProperty(Error, 'prepareStackTrace', prepare)
      else delete Error.prepareStackTrace
    }
  }
}

/** Notes it, in a process that is not held. */
function note() {
  onRunMain((runMain, restore) => {
    if (!TS_NODE.test(real(seen.script))) restore()
    return runMain
  })
}

function real(script) {
  try {
    return fs.realpathSync(script)
  } catch (e) {
    return script
  }
}

/** Whether Node was about to run this main module, and could have been held. */
function held(main) {
  if (!seen.script) return false
  try {
    return Module._resolveFilename(path.resolve(seen.script), null, true) === main
  } catch (e) {
    return false
  }
}

module.exports = { onRunMain, note, held, seen }
