'use strict'
// In a standby, the process that would run the program waits right before it, with packages
// loaded. handoff/runtime/standby has the protocol. The read of the pipe blocks the thread:
// nothing of the process runs meanwhile, and no signal handler. An error ends the process,
// because Bun would go on to the program.

const { closeSync, constants, existsSync, openSync, readFileSync, readSync, writeSync } = require('node:fs')

async function hold(folder, facts) {
  const released = () => existsSync(folder + '/go')
  const use = (pipe, flags, f) => {
    const fd = openSync(folder + '/' + pipe, flags)
    try {
      return f(fd)
    } finally {
      closeSync(fd)
    }
  }
  const say = (message) => {
    if (!released()) use('up', constants.O_WRONLY, (fd) => writeSync(fd, JSON.stringify(message) + '\n'))
  }
  const wait = () => {
    if (released()) return
    const heard = new Uint8Array(1).fill(1)
    const read = use('down', constants.O_RDONLY, (fd) => readSync(fd, heard, 0, 1, null))
    if (read !== 1 || heard[0] !== 0 || !released()) throw new Error('hotswap has gone')
  }
  if (released()) return
  const plan = JSON.parse(readFileSync(folder + '/plan.json', 'utf8'))
  const expected = plan.dir === facts.dir && plan.argv.length === facts.argv.length && plan.argv.every((word, i) => word === facts.argv[i])
  if (expected) {
    if (plan.load && plan.load.length > 0) await require('./load.cjs').load(plan, { say, released, die })
    say({ type: 'ready' })
  } else {
    say({ type: 'foreign', what: facts.argv.slice(0, 3).join(' ') })
  }
  wait()
}

const die = () => process.kill(process.pid, 'SIGKILL')

module.exports = (folder, facts) => hold(folder, facts).catch(die)
