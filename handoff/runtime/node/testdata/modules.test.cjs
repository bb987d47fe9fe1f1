'use strict'
// node testdata/modules.test.cjs FOLDER SCRATCH: programs with the adapter, which are
// asked for the files that they have loaded; the node is the one that runs this.
const assert = require('assert')
const { spawn } = require('child_process')
const fs = require('fs')
const net = require('net')
const path = require('path')

const folder = fs.realpathSync(process.argv[2])
const scratch = fs.realpathSync(process.argv[3])
const socketPath = path.join(scratch, path.basename(folder))

// ---- hotswap

const threads = [] // { hello, write, files: [], read: [], last }
const waiting = new Set()
const hotswap = net.createServer((c) => {
  const thread = { files: [], read: [], write: (m) => c.write(JSON.stringify(m) + '\n') }
  let rest = ''
  c.on('data', (d) => {
    const lines = (rest + d).split('\n')
    rest = lines.pop()
    assert(rest.length < 65536)
    for (const line of lines) {
      assert(line.length < 65536, 'a line of ' + line.length)
      const m = JSON.parse(line)
      if (m.type === 'hello') threads.push(Object.assign(thread, { hello: m }))
      if (m.type === 'files') {
        thread.files.push(...m.files)
        thread.read.push(...(m.read || []))
        if (m.done) thread.last = m
      }
    }
    for (const f of [...waiting]) f()
  })
  c.on('error', () => {})
})
const until = (what, want) =>
  new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error('waited in vain for ' + what)), 20000)
    const f = () => {
      if (!want()) return
      clearTimeout(late)
      waiting.delete(f)
      done()
    }
    waiting.add(f)
    f()
  })

let seq = 0
async function ask(thread) {
  const before = thread.files.length
  thread.write({ type: 'files', seq: ++seq })
  await until('the files', () => thread.last && thread.last.seq === seq)
  return thread.files.slice(before)
}

// ---- programs

const project = path.join(scratch, 'a b%20c#d ü "q" \'s', 'app')
const write = (name, text) => {
  fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true })
  fs.writeFileSync(path.join(project, name), text)
}
const paths = (files) => files.map((f) => path.relative(project, f.path) + ' ' + f.kind)

async function run(args, body) {
  threads.length = 0
  const env = Object.assign({}, process.env, {
    HOTSWAP_WIRE: socketPath,
    NODE_OPTIONS: '--require ' + path.join(folder, 'adapter.cjs'),
  })
  const child = spawn(process.execPath, args, { cwd: project, env, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (d) => (out += d) && [...waiting].forEach((f) => f()))
  child.stderr.on('data', (d) => (err += d))
  const ended = new Promise((done) => child.on('close', done))
  const says = (what) => until(what + ' of ' + args + '\n' + err, () => out.includes(what + '\n'))
  try {
    await body({ child, says })
    child.stdin.end()
    await ended
    assert.strictEqual(err.replace(/^Debugger (listening|ending).*\n|^For help.*\n/gm, ''), '', 'it printed')
  } finally {
    child.kill('SIGKILL')
  }
}

const tail = `
process.stdin.on('data', (d) => globalThis.onLine(String(d).trim()))
process.stdin.on('end', () => process.exit())
`

async function commonJS() {
  write(
    'main.cjs',
    `
    const http = require('http')
    process.env = Object.assign({}, process.env, { TEXT: 'a', NUMBER: 1, NONE: null }) // as parsers of settings do
    require('./data.json'); require('./lib'); require('./%41?.cjs')
    globalThis.onLine = () => import('./lazy.mjs').then(() => console.log('loaded'))
    http.createServer((q, r) => r.end('x')).listen(0, '127.0.0.1', function () {
      http.get({ port: this.address().port, path: '/page.svelte?t=1', agent: false }, (r) => r.resume().on('end', () => console.log('served')))
    })` + tail,
  )
  write('package.json', '{"main":"main.cjs"}')
  write('data.json', '{}')
  write('%41?.cjs', 'exports.odd = true')
  write('lib/index.js', `exports.dep = require('dep')`)
  write('node_modules/dep/index.js', `module.exports = 1`)
  write('lazy.mjs', `import './constant.mjs'`)
  write('constant.mjs', `export const a = 1`)
  await run(['.'], async ({ child, says }) => {
    await says('served')
    await until('the thread', () => threads.length === 1)
    const [t] = threads
    assert.deepStrictEqual(paths(await ask(t)), [
      'main.cjs cjs',
      'data.json json',
      'lib/index.js cjs',
      'node_modules/dep/index.js cjs',
      '%41?.cjs cjs',
    ])
    assert.deepStrictEqual([t.last.exact, t.last.main], [true, path.join(project, 'main.cjs')])
    assert.deepStrictEqual(t.last.env, { TEXT: 'a', NUMBER: '', NONE: '' })
    assert.deepStrictEqual(
      t.read.filter((file) => file.startsWith(folder)),
      [],
    )
    child.stdin.write('go\n')
    await says('loaded')
    assert.deepStrictEqual(paths(await ask(t)), ['lazy.mjs esm', 'constant.mjs esm'])
    assert.deepStrictEqual(await ask(t), [])
  })
}

/** A program that has replaced the timers answers, too. */
async function fakeTimers() {
  write(
    'fake.cjs',
    `
    for (const timers of [globalThis, require('timers')]) timers.setImmediate = timers.setTimeout = timers.clearTimeout = () => {}
    globalThis.onLine = () => {}
    require('http').createServer((q, r) => r.end('x')).listen(0, '127.0.0.1', function () {
      require('net').connect(this.address().port, '127.0.0.1').on('connect', () => console.log('connected'))
    })` + tail,
  )
  await run(['fake.cjs'], async ({ says }) => {
    await says('connected')
    await until('the thread', () => threads.length === 1)
    assert.deepStrictEqual(paths(await ask(threads[0])), ['fake.cjs cjs'])
  })
}

async function modules() {
  const many = Array.from({ length: 400 }, (_, i) => 'many/' + 'x'.repeat(100) + i + '.mjs')
  for (const name of many) write(name, 'export {}')
  write(
    'main.mjs',
    `
    import * as one from './one.mjs'
    import './two.cjs'
    ${many.map((name) => `import './${name}'`).join('\n')}
    import { createRequire, register } from 'node:module'
    createRequire(import.meta.url)('./data.json')
    await import('./one.mjs?again#x')
    register('./hooks.mjs', import.meta.url)
    import { Worker } from 'node:worker_threads'
    new Worker(new URL('./worker.mjs', import.meta.url))
    new Worker(new URL('./node_modules/pool/worker.mjs', import.meta.url))
    globalThis.onLine = () => {}
    console.log('running')` + tail,
  )
  write('one.mjs', `export const one = 1`)
  write('two.cjs', `exports.two = 2`)
  write('worker.mjs', `import './one.mjs'; setInterval(() => {}, 1e6); console.log('the worker runs')`)
  write('node_modules/pool/worker.mjs', `import '../../worker.mjs'`)
  write('hooks.mjs', `export const resolve = (name, context, next) => next(name, context)`)
  for (const more of [[], ['--inspect=127.0.0.1:0']]) {
    await run([...more, '--disable-warning=DEP0205', 'main.mjs'], async ({ says }) => {
      await says('running')
      await says('the worker runs')
      await until('all threads', () => threads.length === 4) // nobody connects to them: by themselves
      const [t, hooks, worker, pool] = threads.sort((a, b) => a.hello.thread - b.hello.thread)
      const got = paths(await ask(t))
      assert.deepStrictEqual(
        new Set(got),
        new Set(['main.mjs esm', 'one.mjs esm', 'two.cjs cjs', ...many.map((n) => n + ' esm'), 'data.json json']),
      )
      assert.deepStrictEqual([got[0], got.length], ['main.mjs esm', many.length + 4])
      assert.deepStrictEqual([t.last.exact, t.last.main], [true, path.join(project, 'main.mjs')])
      assert.deepStrictEqual(
        t.last.threads.sort(),
        threads.slice(1).map((t) => t.hello.thread),
      )
      assert.deepStrictEqual(paths(await ask(hooks)), ['hooks.mjs esm'])
      assert.deepStrictEqual(paths(await ask(worker)), ['worker.mjs esm', 'one.mjs esm'])
      assert.deepStrictEqual(paths(await ask(pool)), [
        'node_modules/pool/worker.mjs esm',
        'worker.mjs esm',
        'one.mjs esm',
      ])
      assert.deepStrictEqual(
        threads.map((t) => [t.last.exact, t.hello.checks]),
        [
          [true, true],
          [true, true],
          [true, true],
          [true, false],
        ],
      )
    })
  }
}

/** The answer comes while a request waits for its own, in the order in which the files were loaded. */
async function beside() {
  write(
    'served.mjs',
    `
    import http from 'node:http'
    import './first.mjs'
    import './two.cjs'
    import { createRequire } from 'node:module'
    createRequire(import.meta.url)('./needed.cjs')
    import('./missing.mjs').catch(() => {})
    globalThis.onLine = () => import('./lazy.mjs').then(() => console.log('loaded'))
    http.createServer(() => console.log('held')).listen(0, '127.0.0.1', function () {
      http.get({ port: this.address().port, path: '/page.svelte?t=1', agent: false }, () => {})
    })` + tail,
  )
  write('ahead.cjs', `exports.ahead = true`)
  write('first.mjs', `import './one.mjs'`)
  write('one.mjs', `export const one = 1`)
  write('two.cjs', `require('./three.cjs')`)
  write('three.cjs', `exports.three = 3`)
  write('needed.cjs', `exports.needed = true`)
  write('lazy.mjs', `export const lazy = 1`)
  await run(['--require', './ahead.cjs', 'served.mjs'], async ({ child, says }) => {
    await says('held')
    await until('the thread', () => threads.length === 1)
    const [t] = threads
    const all = await ask(t)
    const want = [
      'ahead.cjs cjs',
      'first.mjs esm',
      'needed.cjs cjs',
      'one.mjs esm',
      'served.mjs esm',
      'three.cjs cjs',
      'two.cjs cjs',
    ]
    assert.deepStrictEqual(paths(all).sort(), want)
    const names = all.map((f) => path.basename(f.path))
    assert.deepStrictEqual(names.slice(0, 2), ['ahead.cjs', 'served.mjs'], names.join())
    assert(names.indexOf('two.cjs') < names.indexOf('three.cjs'), names.join())
    assert.deepStrictEqual(
      all
        .filter((f) => f.imported)
        .map((f) => path.basename(f.path))
        .includes('three.cjs'),
      false,
    )
    assert.deepStrictEqual([t.last.exact, t.last.main], [true, path.join(project, 'served.mjs')])
    child.stdin.write('go\n')
    await says('loaded')
    assert.deepStrictEqual(paths(await ask(t)), ['lazy.mjs esm'])
  })
}

/** What a standby has loaded ahead comes behind the main module, as in a cold start. Its name may
 * lack the ending, deprecations may throw, and of very many files that are read not all are kept. */
async function preloaded() {
  write('early.cjs', `require(${JSON.stringify(path.join(folder, 'internals.cjs'))}).seen.ahead = [__filename]`)
  write(
    'late.js',
    `for (let i = 0; i < 11000; i++) require('fs').readFile('/missing/' + i + '.js', () => {})\nsetInterval(() => {}, 1e6)\nglobalThis.onLine = () => {}\nconsole.log('running')` +
      tail,
  )
  await run(['--pending-deprecation', '--throw-deprecation', '--require', './early.cjs', 'late'], async ({ says }) => {
    await says('running')
    await until('the thread', () => threads.length === 1)
    assert.deepStrictEqual(paths(await ask(threads[0])), ['late.js cjs', 'early.cjs cjs'])
    assert.deepStrictEqual([threads[0].last.exact, threads[0].read.length], [false, 10001])
  })
}

/** Files that no cache has: of modules that failed, or were loaded anew, and of code that the program
 * itself runs. WebAssembly makes no difference. */
async function apart() {
  write(
    'apart.mjs',
    `
    import { createRequire } from 'node:module'
    import fs from 'node:fs'
    import vm from 'node:vm'
    const require = createRequire(import.meta.url)
    try { require('./throws.cjs') } catch {}
    try { require('./wrong.cjs') } catch {}
    require('./anew.cjs')
    delete require.cache[require.resolve('./anew.cjs')]
    await import('./throws.mjs').catch(() => {})
    await import('./lacks.mjs').catch(() => {})
    vm.runInThisContext(fs.readFileSync(new URL('./script.js', import.meta.url), 'utf8'))
    for (const name of ['a', 'b']) fs.symlinkSync('.', './copied/' + name) // a walk through both does not end
    fs.cpSync(new URL('./copied', import.meta.url), './dist', { recursive: true })
    fs.copyFileSync('file.js', 'dist/file.js')
    await fs.openAsBlob('blob.js')
    globalThis.keep = new WebAssembly.Memory({ initial: 200 })
    globalThis.onLine = () => {}
    setInterval(() => {}, 1e6)
    console.log('running')` + tail,
  )
  const rest = {
    'throws.cjs': 'throw 1',
    'wrong.cjs': 'const',
    'anew.cjs': '',
    'throws.mjs': 'throw 1',
    'lacks.mjs': `import './missing.mjs'`,
    'script.js': '1',
    'copied/in/folder.js': '',
    'file.js': '',
    'blob.js': '',
  }
  for (const [name, text] of Object.entries(rest)) write(name, text)
  await run(['--disable-warning=ExperimentalWarning', 'apart.mjs'], async ({ says }) => {
    await says('running')
    await until('the thread', () => threads.length === 1)
    const [t] = threads
    const known = (await ask(t))
      .map((f) => f.path)
      .concat(t.read)
      .map((f) => path.basename(f))
    assert.deepStrictEqual(
      Object.keys(rest).filter((name) => !known.includes(path.basename(name))),
      [],
    )
    assert.strictEqual(t.last.exact, true)
  })
}

/** A file of a package has the name by which Node finds this file, and no other file has. */
async function named() {
  const { specifierOf } = require(path.join(folder, 'standby/specifier.cjs'))
  const files = ['sync.mjs', 'other.cjs'].map((name) => path.join(project, 'node_modules/twin', name))
  write(
    'node_modules/twin/package.json',
    JSON.stringify({ exports: { 'module-sync': './sync.mjs', default: './other.cjs' } }),
  )
  for (const file of files) write(path.relative(project, file), '')
  assert.deepStrictEqual(
    files.filter((file) => specifierOf(file, 'require', [])),
    [require.resolve('twin', { paths: [project] })],
  )
}

/** A dev server inside the program reads again what changes, if it watches: of Vite what a browser has asked for. What the program
 * reads, or a loader of modules, is told. */
async function inside() {
  const reader = `import fs from 'node:fs'\nexport const read = (file) => fs.readFileSync(file)\n`
  for (const name of ['vite', 'plugin', 'jiti']) {
    write(`node_modules/${name}/package.json`, '{"exports":"./index.mjs"}')
    write(`node_modules/${name}/index.mjs`, reader)
  }
  write(
    'node_modules/vite/index.mjs',
    reader +
      `import { spawn } from 'node:child_process'
      export const watch = () => fs.watch('.')
      export const load = (read, file) => void read(file)
      export const run = () => new Promise((done) => spawn('true').on('exit', done))`,
  )
  const all = ['config.vue', 'once.js', 'loaded.ts', 'own.js', 'page.svelte']
  for (const file of all) write(file, '')
  const text =
    `
    import { spawnSync } from 'node:child_process'
    import fs from 'node:fs'
    import http from 'node:http'
    import * as jiti from 'jiti'
    import * as plugin from 'plugin'
    import * as vite from 'vite'
    vite.load(plugin.read, 'config.vue')
    await vite.run()
    if (process.argv[3]) spawnSync('true')
    if (process.argv[2]) vite.watch()
    vite.read('once.js')
    vite.load(jiti.read, 'loaded.ts')
    vite.load((file) => fs.readFileSync(file), 'own.js')
    globalThis.onLine = () => {}
    http.createServer((q, r) => r.end(vite.read('page.svelte'))).listen(0, '127.0.0.1', function () {
      http.get({ port: this.address().port, path: '/page.svelte?t=1', agent: false }, (r) => r.resume().on('end', () => console.log('served')))
    })` + tail
  write('inside.mjs', text)
  write('node_modules/vite-node/cli.mjs', text)
  for (const [args, server, want] of [
    [['inside.mjs', 'watch'], 'vite', ['config.vue', 'once.js', 'loaded.ts', 'own.js']],
    [['inside.mjs', 'watch', 'run'], 'vite', ['config.vue', 'once.js', 'loaded.ts', 'own.js']],
    [['inside.mjs'], '', all],
    [['node_modules/vite-node/cli.mjs', 'watch'], '', undefined],
  ])
    await run(args, async ({ says }) => {
      await says('served')
      await until('the thread', () => threads.length === 1)
      const [t] = threads
      await ask(t)
      assert.strictEqual(t.last.server?.name || '', server)
      assert.strictEqual(t.last.server?.ran || false, args[2] === 'run')
      const read = new Set(t.read.map((file) => path.relative(project, file)).filter((file) => file !== args[0]))
      if (want) assert.deepStrictEqual(read, new Set(want))
    })
}

/** Tools are left alone: whoever asks would load a part of Node in each. */
async function tool() {
  write('node_modules/tool/cli.js', `setTimeout(() => process.exit(), 1500)`)
  fs.symlinkSync('node_modules/tool/cli.js', path.join(project, 'tool'))
  await run(['tool'], async ({ child }) => new Promise((done) => child.on('exit', done)))
  assert.strictEqual(threads.length, 0)
}

async function main() {
  await new Promise((done) => hotswap.listen(socketPath, done))
  for (const test of [commonJS, fakeTimers, modules, beside, preloaded, apart, named, inside, tool]) {
    const begin = Date.now()
    await test()
    console.log(test.name, Date.now() - begin, 'ms')
  }
  hotswap.close()
}

main().catch((e) => {
  console.error(e)
  process.exit(1)
})
