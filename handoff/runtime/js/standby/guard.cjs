'use strict'
// Ends a process that waits or rehearses before a package runs code of the project, such as a
// configuration, which must not run early; and a standby before a package loads one that must not
// be loaded ahead.

const path = require('path')
const { channel: topic } = require('diagnostics_channel')
const { fileURLToPath } = require('url')
const { callers } = require('./stack.cjs')
const { die, modulePrototype } = require('../internals.cjs')
const { HOME, packageOf, reason, safely } = require('../common.cjs')

const IMPORTS = 'tracing:module.import:start'

class Guard {
  constructor(channel) {
    this.channel = channel
    this.plan = channel.plan
    this.barred = new Set(channel.plan.barred)
    this.entry = '' // the file that is being loaded
    this.undo = []
  }

  begin() {
    const load = modulePrototype.load
    const handler = { apply: (target, self, args) => this.loading(args[0], () => Reflect.apply(target, self, args)) }
    const guarded = new Proxy(load, handler)
    modulePrototype.load = guarded
    // Node 22 and newer publish each import() before they resolve it.
    const imports = ({ url, parentURL }) => {
      const file = imported(url, parentURL)
      if (file && !packageOf(file) && path.dirname(file) !== this.channel.folder) this.project(file)
    }
    const told = topic(IMPORTS)
    told.subscribe(imports)
    this.undo.push(
      () => {
        delete handler.apply // instrumentation may have kept the proxy
        if (modulePrototype.load === guarded) modulePrototype.load = load
      },
      () => told.unsubscribe(imports),
    )
  }

  /** Is called for each CommonJS file that is loaded, with what loads it. */
  loading(file, load) {
    const name = packageOf(file)
    if (!name && !file.startsWith(HOME)) this.project(file)
    else if (this.barred.has(name) && !this.channel.released()) this.stop('needs ' + name)
    return load()
  }

  project(file) {
    if (path.extname(file) !== '.json' && !this.channel.released()) this.stop('runs code of the project')
  }

  /** Ends the process. */
  stop(what) {
    this.channel.say(
      this.message(
        what,
        callers()
          .map(packageOf)
          .find((name) => name !== ''),
      ),
    )
    this.channel.say({ type: 'ended' })
    die()
  }

  message(what, name = '', by = packageOf(this.entry)) {
    return { type: 'noticed', package: name || by, by, what }
  }

  enter(file) {
    this.entry = file
  }

  leave() {}

  failed(e) {
    this.channel.say(this.message('fails: ' + reason(e), packageOf(this.entry)))
  }

  async settle() {}

  /** Removes the guard. */
  finish() {
    for (const undo of this.undo) undo()
  }
}

/** The file that an import() names by a path or URL, or ''. */
const imported = (name, parent) =>
  (/^(file:|\.{0,2}\/)/.test(name) && safely(() => fileURLToPath(new URL(name, parent)))) || ''

module.exports = { Guard }
