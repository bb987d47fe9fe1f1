'use strict'
// What all code of a Node program shares, and which functions of that somebody has replaced. Instrumentation
// does so before most packages are loaded, so a package that reads such a function while it is loaded would get
// another one in a standby.

const { Globals, shared } = require('./globals.cjs')
const { builtin, isLoaded, textOf } = require('../internals.cjs')

const MODULES = [
  'buffer',
  'child_process',
  'dns',
  'events',
  'fs',
  'http',
  'module',
  'net',
  'os',
  'path',
  'stream',
  'timers',
  'timers/promises',
  'url',
  'worker_threads',
  'fs/promises',
  'dns/promises',
]
// Only these: to look at other globals makes Node load what they need.
const GLOBALS = [
  'Object',
  'Function',
  'Array',
  'String',
  'Number',
  'Boolean',
  'Symbol',
  'BigInt',
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'WeakRef',
  'Promise',
  'Proxy',
  'Reflect',
  'JSON',
  'Math',
  'Date',
  'RegExp',
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'AggregateError',
  'ArrayBuffer',
  'Uint8Array',
  'DataView',
  'Intl',
  'console',
  'Buffer',
  'URL',
  'URLSearchParams',
  'AbortController',
  'EventTarget',
  'Event',
  'TextEncoder',
  'TextDecoder',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'queueMicrotask',
  'structuredClone',
  'fetch',
  'eval',
  'parseInt',
  'parseFloat',
  'isNaN',
  'encodeURIComponent',
  'decodeURIComponent',
]
// Only if they are loaded: to load some of them opens a descriptor, for Node's stderr.
const HEAVY = ['http2', 'https', 'tls']
const INSTRUMENTED = ['async_hooks', 'crypto', 'dgram', 'inspector', 'perf_hooks', 'readline', 'util', 'vm', 'zlib']
const KNOWN = [...MODULES, ...HEAVY, ...INSTRUMENTED]
// Properties that Node changes itself, or that the observer replaces.
const RESTLESS = new Set([
  'process.mainModule',
  'process.env',
  'process.emit',
  'module._cache',
  'module._pathCache',
  'module.runMain',
  'process.exitCode',
  'process.stdin',
  'process.stdout',
  'process.stderr',
  'process.emitWarning',
  'process._events',
  'process._eventsCount',
])
const LEFT = /^module\b|\.prototype\.constructor$/ // hooks.cjs notes what replaces functions of module; nobody reads the others

/** What a rehearsal looks at, where the program has replaced functions of these names. */
const globals = (replaced) =>
  new Globals({
    globals: GLOBALS,
    modules: [
      ...MODULES,
      ...HEAVY.filter(isLoaded),
      ...INSTRUMENTED.filter((name) => [...replaced].some((one) => one.startsWith(name + '.'))),
    ],
    restless: (name) => RESTLESS.has(name),
  })

/** The functions, as name → mark, in steps. In another process with the same Node a function has the same mark, unless somebody
 * has replaced it. */
function* marks(modules = KNOWN.filter(isLoaded)) {
  const out = {}
  for (const { name, object, key } of shared({ globals: GLOBALS, modules, load: builtin })) {
    const { value } = Reflect.getOwnPropertyDescriptor(object, key) || {}
    if (typeof value === 'function' && !RESTLESS.has(name) && !LEFT.test(name)) out[name] = digest(textOf(value))
    yield
  }
  return out
}

/** FNV-1a. */
function digest(text) {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return (h >>> 0).toString(36)
}

/** The names of what is another function in this process than in the program's. */
function replaced(theirs) {
  if (!theirs) return new Set()
  const modules = KNOWN.filter((module) => Object.keys(theirs).some((name) => name.startsWith(module + '.')))
  const steps = marks(modules)
  let step
  while (!(step = steps.next()).done);
  return new Set(
    Object.keys(theirs).filter((name) => step.value[name] !== undefined && step.value[name] !== theirs[name]),
  )
}

module.exports = { KNOWN, globals, marks, replaced }
