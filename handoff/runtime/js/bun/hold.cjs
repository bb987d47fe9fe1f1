'use strict'
// In a standby, the process that would run the program waits right before it, with packages
// loaded. handoff/runtime/standby has the protocol. The read of the pipe blocks the thread:
// nothing of the process runs meanwhile, and no signal handler. An error ends the process,
// because Bun would go on to the program.

const { Channel } = require('../standby/channel.cjs')

async function hold(folder, { argv, dir }) {
  const channel = new Channel(folder, die)
  if (channel.released()) return
  const { plan } = channel
  const expected =
    plan.dir === dir && plan.argv.length === argv.length && plan.argv.every((word, i) => word === argv[i])
  if (!expected) return channel.wait([{ type: 'foreign', what: argv.slice(0, 3).join(' ') }])
  if (plan.load?.length > 0) await require('./load.cjs').load(channel)
  Bun.gc(true) // or what the packages leave is collected while the program starts
  channel.wait([{ type: 'ready' }])
}

const die = process.kill.bind(process, process.pid, 'SIGKILL') // a rehearsal replaces process.kill

module.exports = (folder, facts) => hold(folder, facts).catch(die)
