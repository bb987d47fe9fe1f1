'use strict'
// Loads packages ahead, as the program did before: imported or required. Code of the project must
// not run, so that ends the process before the first line. A rehearsal is observed as well
// (observer.cjs); its process never runs the program.

const { readFileSync } = require('node:fs')
const { packageOf, reason } = require('../common.cjs')

const PROJECT = /^(?!.*\/node_modules\/)/

async function load(channel) {
  const { plan } = channel
  const say = (message) => channel.released() || channel.say(message)
  const observer = plan.rehearse ? new (require('./observer.cjs').Observer)(plan, say) : null
  let entry = ''
  const notice = (what) => {
    if (observer) observer.notice(what)
    else say({ type: 'noticed', package: packageOf(entry), by: packageOf(entry), what })
  }
  const stop = (what) => {
    notice(what)
    say({ type: 'ended' })
    channel.die()
  }
  const guard = ({ path }) => {
    if (!path.endsWith('.json')) return stop('runs code of the project')
    say({ type: 'read', file: path })
    return { contents: readFileSync(path, 'utf8'), loader: 'json' }
  }
  Bun.plugin({ name: 'hotswap', setup: (build) => void build.onLoad({ filter: PROJECT }, guard) })
  if (observer) observer.begin(stop)
  for (const item of plan.load) {
    const { file, how } = item
    if (file in require.cache) continue
    if (channel.released()) break
    entry = file
    if (observer) observer.enter(item)
    try {
      if (how === 'require') require(file)
      else await import(file)
    } catch (e) {
      notice('fails: ' + reason(e))
    }
    if (observer) observer.leave()
  }
  if (observer) await observer.finish()
  Bun.plugin.clearAll() // no package has one: a rehearsal notices it
}

module.exports = { load }
