'use strict'
// What bin/hotswap does in Node: where sh has found no binary, and below Yarn's Plug'n'Play, which
// runs bin/hotswap by Node. Runs the binary, or says in one line what is missing.
const { spawn } = require('node:child_process')
const { constants } = require('node:os')
const { findBinary } = require('./binary.cjs') // of clients/node

function fail(text) {
  process.stderr.write(`hotswap: ${text}\n`)
  process.exit(69)
}

function find() {
  try {
    return findBinary()
  } catch (error) {
    fail(error.message)
  }
}

function run(binary, args) {
  if (process.execve) process.execve(binary, [binary, ...args]) // does not return
  // Node before 22.15 cannot replace itself. What the terminal sends, the binary gets, too: hotswap
  // takes two of a signal at once for one.
  const child = spawn(binary, args, { stdio: 'inherit' })
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`${binary} cannot be run (${error.code}); set HOTSWAP_BINARY to hotswap's binary`))
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    process.exit(128 + constants.signals[signal]) // process 1 of a container, which its own signal does not end
  })
}

run(find(), process.argv.slice(2))
