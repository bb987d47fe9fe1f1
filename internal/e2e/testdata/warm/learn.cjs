'use strict'
// Writes down what the adapter would tell of the program, when it ends.
const fs = require('fs')
const { LEARN_ADAPTER, LEARN_CACHED, LEARN_OUT } = process.env
delete process.env.LEARN_OUT
delete process.env.LEARN_CACHED
if (LEARN_OUT && require('worker_threads').isMainThread) {
  require(LEARN_ADAPTER + '/internals.cjs').noteRunMain()
  const { answer, tellCached } = require(LEARN_ADAPTER + '/modules/modules.cjs')
  const all = { files: [] }
  const add = (m) => Object.assign(all, m, { files: all.files.concat(m.files) })
  const write = () => {
    if (!all.done) answer(add, 1)
    fs.writeFileSync(LEARN_OUT, JSON.stringify(all))
  }
  process.on('exit', write)
  const { exit } = process
  if (LEARN_CACHED) process.exit = (...args) => tellCached((m) => (add(m), m.done && exit.apply(process, args)), { seq: 1 })
  for (const name of ['kill', 'abort']) {
    const original = process[name]
    process[name] = (...args) => (write(), original.apply(process, args))
  }
}
