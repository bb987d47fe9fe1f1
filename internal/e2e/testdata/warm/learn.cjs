'use strict'
// Writes down what the adapter would tell of the program, when it ends.
const fs = require('fs')
const { LEARN_ADAPTER, LEARN_OUT } = process.env
delete process.env.LEARN_OUT
if (LEARN_OUT && require('worker_threads').isMainThread) {
  require(LEARN_ADAPTER + '/internals.cjs').noteRunMain()
  const { answer } = require(LEARN_ADAPTER + '/modules/modules.cjs')
  require(LEARN_ADAPTER + '/modules/hooks.cjs').begin()
  const all = { files: [], hooks: [] }
  const add = (m) => Object.assign(all, m, { files: all.files.concat(m.files), hooks: all.hooks.concat(m.hook || []) })
  const write = () => {
    if (!all.done) Array.from(answer(add, 1))
    fs.writeFileSync(LEARN_OUT, JSON.stringify(all))
  }
  process.on('exit', write)
  for (const name of ['kill', 'abort']) {
    const original = process[name]
    process[name] = (...args) => (write(), original.apply(process, args))
  }
}
