'use strict'
// node testdata/remember.test.cjs ADAPTER TSX SCRATCH SEED ROUNDS: plays a small project, in which files come, go and
// change, and has two processes import by all kinds of names in each state of the project: one asks tsx and Node,
// the other one may answer from the record of the state before. Both have to get the same.
const assert = require('assert')
const { spawn } = require('child_process')
const fs = require('fs')
const path = require('path')
const { pathToFileURL } = require('url')

// ---- a process of the project

/** Imports each name from each file, and prints what it got. */
async function child() {
  const [, , , adapter, root, names, into, end] = process.argv
  const remember = require(path.join(adapter, 'remember/remember.cjs'))
  const out = []
  for (const parent of sources(root)) {
    const from = path.relative(root, parent)
    let module = null
    try {
      module = await import(pathToFileURL(parent).href)
      out.push([from, '', valueOf(module)])
    } catch (e) {
      out.push([from, '', said(e)])
    }
    const load = module && (module.r || (module.default && module.default.r))
    if (typeof load !== 'function') continue
    for (const name of JSON.parse(names)) {
      try {
        out.push([from, name, valueOf(await load(name))])
      } catch (e) {
        out.push([from, name, said(e)])
      }
    }
  }
  const answers = remember.answers()
  if (end === 'throws') throw new Error('a start that fails')
  if (end) await import(end)
  for (const wait of remember.keep()) if (wait) await new Promise(wait)
  fs.writeFileSync(into, JSON.stringify({ out, answers }))
  process.exit()
}

/** Which file it is, in which state, and of which kind. */
const valueOf = (module) => {
  const { v, kind } = module.v ? module : module.default || {}
  return v ? `${v} ${kind}` : Object.keys(module).join()
}

const said = (e) => `${e.code} ${e.message}`.replace(/\?\d+/g, '').slice(0, 400)

function sources(root) {
  const out = []
  const walk = (dir) => {
    for (const name of fs.readdirSync(dir).sort()) {
      const file = path.join(dir, name)
      const s = fs.lstatSync(file)
      if (s.isDirectory()) walk(file)
      else if (/\.[cm]?[jt]sx?$/.test(name)) out.push(file)
    }
  }
  for (const dir of ['src', 'lib', 'pkg', 'node_modules'])
    if (fs.existsSync(path.join(root, dir)) && fs.lstatSync(path.join(root, dir)).isDirectory())
      walk(path.join(root, dir))
  return out
}

// ---- the project

const NAMES = [
  './x',
  './x.js',
  './x.ts',
  './y.js',
  './y',
  '.',
  '..',
  './',
  './a',
  './a/x',
  './a/x.js',
  '../lib/x',
  '../lib',
  '../a/y',
  './l/x',
  './x.mjs',
  './x.json',
  '#i',
  '#l/x',
  '#p',
  '@/x',
  '@/a',
  '~',
  'p',
  'p/x',
  'p/x.js',
  'p/a',
  '@s/r',
  '@s/r/x',
  'w',
  'w/x',
  'x',
  'a/x',
  'fs',
  './x?q=1',
  './%78.js',
  'self',
  'self/x',
]
const DIRS = [
  'src',
  'src/a',
  'src/b',
  'lib',
  'pkg',
  'pkg/a',
  'node_modules/p',
  'node_modules/p/a',
  'node_modules/@s/r',
  'src/node_modules/p',
  'src/a/node_modules/p',
  'src/l',
]
const FIRST = ['src', 'src/a', 'lib', 'pkg', 'node_modules/p', 'node_modules/@s/r'] // the others come later
const FILES = [
  'x.ts',
  'x.js',
  'x.mjs',
  'x.mts',
  'x.tsx',
  'x.cjs',
  'x',
  'y.ts',
  'y.js',
  'index.ts',
  'index.js',
  'x.json',
  'x.cts',
]
const MANIFESTS = [
  {},
  { type: 'module' },
  { type: 'commonjs' },
  { type: 'module', main: 'x.js' },
  { main: './a' },
  { main: 'x' },
  { type: 'module', exports: './x.js' },
  { exports: { '.': './a/x.js', './*': './*.js' } },
  { type: 'module', exports: { '.': { import: './x.js', default: './y.js' }, './x': './y.js', './x.js': './x.js' } },
  { type: 'module', name: 'self', exports: { '.': './x.js', './*': './a/*.js' } },
  { type: 'module', imports: { '#i': './x.js', '#l/*': './a/*.ts', '#p': 'p' } },
  {
    type: 'module',
    imports: { '#i': './l/x.js', '#l/*': ['./a/*.js', './*.js'], '#p': { node: 'p', default: './x.js' } },
  },
]
const CONFIGS = [
  {},
  { compilerOptions: { baseUrl: '.' } },
  { compilerOptions: { baseUrl: './src' } },
  { compilerOptions: { paths: { '@/*': ['./src/*', './lib/*'], '~': ['./lib'] } } },
  { compilerOptions: { paths: { '*': ['./lib/*'], p: ['./src/x'] } } },
  { extends: './base', compilerOptions: {} },
  { compilerOptions: { allowJs: true, paths: { '@/*': ['${configDir}/src/a/*'] } } },
]

function play(adapter, tsx, scratch, seed, rounds) {
  const random = generator(Number(seed))
  const pick = (list) => list[Math.floor(random() * list.length)]
  const root = path.join(fs.realpathSync(scratch), 'app')
  const record = path.join(fs.realpathSync(scratch), 'record')
  fs.mkdirSync(record, { mode: 0o700 })
  const names = NAMES.filter((name) => ['./x', '#i', '@/x', 'p', 'p/x', '@s/r'].includes(name) || random() < 0.3)
  let revision = 0

  const body = (file) => {
    const v = `${file} ${String(++revision).padStart(5, '0')}`
    const name = path.basename(file)
    if (name.endsWith('.json')) return JSON.stringify({ v })
    if (/\.c[jt]s$/.test(name))
      return `exports.v = ${JSON.stringify(v)}; exports.kind = typeof module; exports.r = (s) => import(s)\n`
    const type = /\.m?tsx?$/.test(name) ? ': string' : ''
    return `export const v${type} = ${JSON.stringify(v)}; export const kind = typeof module; export const r = (s${type && ': any'}) => import(s)\n`
  }
  const write = (name, text) => {
    const file = path.join(root, name)
    const renamed = pick([true, false]) // as an editor does
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(renamed ? file + '~' : file, text)
      if (renamed) fs.renameSync(file + '~', file)
    } catch (e) {
      if (e.syscall === 'rename') fs.rmSync(file + '~') // a folder has the name
    }
  }
  const rename = (from, to) => {
    try {
      fs.renameSync(path.join(root, from), path.join(root, to))
    } catch (e) {
      // There is none.
    }
  }
  const link = (to, name) => {
    try {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
      fs.rmSync(path.join(root, name), { recursive: true, force: true })
      fs.symlinkSync(to, path.join(root, name))
    } catch (e) {
      // A file is in the way.
    }
  }
  const any = (dirs = DIRS) => pick(dirs) + '/' + pick(FILES)
  const manifest = () =>
    write(
      pick([
        '.',
        'src',
        'src/a',
        'pkg',
        'node_modules/p',
        'node_modules/p',
        'node_modules/@s/r',
        'src/node_modules/p',
        'lib',
      ]) + '/package.json',
      JSON.stringify(pick(MANIFESTS)),
    )
  const present = () => path.relative(root, pick([...sources(root), root + '/none']))
  const edit = () => {
    const file = present()
    if (!fs.existsSync(path.join(root, file))) return
    const { atime, mtime } = fs.statSync(path.join(root, file))
    write(file, body(file))
    if (pick([true, false])) fs.utimesSync(path.join(root, file), atime, mtime) // as cp -p does
  }
  const create = (dirs) => {
    const file = any(dirs)
    write(file, body(file))
  }
  const rival = () => {
    const file = present().replace(/\.[^.]*$/, pick(['.ts', '.tsx', '.js', '.mts', '/index.ts', '/package.json']))
    write(file, file.endsWith('.json') ? JSON.stringify(pick(MANIFESTS)) : body(file))
  }
  const deeds = [
    rival,
    rival,
    rival,
    () => create(),
    () => create(),
    () => create(),
    () => create(DIRS.slice(-3)),
    edit,
    edit,
    edit,
    manifest,
    manifest,
    manifest,
    manifest,
    () => fs.rmSync(path.join(root, present()), { force: true }),
    () => fs.rmSync(path.join(root, present()), { force: true }),
    () => rename(present(), any()),
    () => {
      const target = 'node_modules/p/x.js' // of exports
      if (fs.existsSync(path.join(root, target))) fs.rmSync(path.join(root, target), { recursive: true })
      else write(target, body(target))
    },
    () => rename(pick(DIRS), pick(DIRS)),
    () => fs.rmSync(path.join(root, pick(DIRS)), { recursive: true, force: true }),
    () => fs.rmSync(path.join(root, pick(['.', 'src', 'node_modules/p', 'pkg'])) + '/package.json', { force: true }),
    () => write('tsconfig.json', JSON.stringify(pick(CONFIGS))),
    () => write('base.json', JSON.stringify(pick(CONFIGS.filter((c) => !c.extends)))),
    () => fs.rmSync(path.join(root, 'tsconfig.json'), { force: true }),
    () => link(pick(['../pkg', '../lib', '../src/a']), 'node_modules/w'),
    () => link(pick(['./y.ts', './a/x.ts', './y.js', '../lib/x.ts']), 'src/' + pick(['x.ts', 'x.js', 'index.ts'])),
    () => link(pick(['./a', '../lib', './b']), 'src/l'),
  ]
  fs.mkdirSync(root, { recursive: true })
  for (let i = 0; i < 40; i++) create(FIRST)
  write('package.json', JSON.stringify(MANIFESTS[10]))
  for (const dir of ['pkg', 'node_modules/p', 'node_modules/@s/r'])
    write(dir + '/package.json', JSON.stringify(pick(MANIFESTS)))
  write('tsconfig.json', JSON.stringify(CONFIGS[3]))
  link('../pkg', 'node_modules/w')

  const run = (remembers, end = '') =>
    new Promise((done) => {
      const env = Object.assign({}, process.env, {
        NODE_OPTIONS: `--require "${path.join(adapter, 'adapter.cjs')}"`,
        HOTSWAP_WIRE: '/nowhere/' + path.basename(adapter),
      })
      delete env.HOTSWAP_REMEMBER
      if (remembers) env.HOTSWAP_REMEMBER = record
      const into = path.join(scratch, remembers ? 'answered' : 'asked')
      fs.rmSync(into, { force: true })
      const args = [
        '--no-warnings',
        '--require',
        tsx + '/preflight.cjs',
        '--import',
        pathToFileURL(tsx + '/loader.mjs').href,
        __filename,
        'child',
        adapter,
        root,
        JSON.stringify(names),
        into,
        end,
      ]
      const p = spawn(process.execPath, args, {
        cwd: root,
        env,
        stdio: ['ignore', 'inherit', end ? 'ignore' : 'inherit'],
      })
      p.on('close', (code) =>
        done(code === 0 ? JSON.parse(fs.readFileSync(into, 'utf8')) : { out: [['ended with ' + code]], answers: 0 }),
      )
    })
  const later = (ms) => new Promise((done) => setTimeout(done, ms))

  /** Makes a package of CommonJS of which tsx loads another file than the one that Node finds. */
  const prefer = () => {
    const to = 'node_modules/@s/r'
    fs.rmSync(path.join(root, 'node_modules/@s'), { recursive: true, force: true })
    write('tsconfig.json', JSON.stringify(CONFIGS[6]))
    write(to + '/package.json', JSON.stringify(MANIFESTS[2]))
    for (const name of ['/index.js', '/index.ts']) write(to + name, body(to + name))
  }

  /** Demands that a damaged record answers nothing wrong, and that none answers after a start that has failed but for tsx. */
  const damage = async () => {
    const { out } = await run(false)
    const kept = () => fs.readdirSync(record).map((name) => path.join(record, name))
    const [file] = kept()
    const bytes = fs.readFileSync(file)
    const head = bytes.indexOf('\n') + 1 + 64
    const flipped = (from, to) => bytes.map((b, i) => (i >= from && i < to && b >= 0x30 && b <= 0x38 ? b ^ 1 : b))
    const elsewhere = Buffer.from(bytes.toString('latin1').replace(/(file:[^"]*)\/x\./g, '$1/y.'), 'latin1')
    for (const damaged of [
      flipped(head, bytes.length),
      elsewhere,
      flipped(20, head),
      bytes.subarray(0, -9),
      bytes.subarray(0, 40),
    ]) {
      fs.writeFileSync(file, damaged)
      assert.deepStrictEqual((await run(true)).out, out)
    }
    fs.writeFileSync(file, bytes)
    write('broken.ts', 'const = 1')
    await run(true, path.join(root, 'broken.ts'))
    assert.deepStrictEqual(kept(), [file])
    await run(true, 'throws')
    assert.deepStrictEqual(kept(), [])
  }

  ;(async () => {
    let answers = 0
    let imports = 0
    for (let round = 0; round < Number(rounds) + 2; round++) {
      if (round === Number(rounds)) prefer()
      else if (round > 0 && round < rounds) for (let i = pick([0, 1, 2, 3, 6]); i > 0; i--) pick(deeds)()
      await later(30) // what has just changed is not remembered
      const [asked, answered] = await Promise.all([run(false), run(true)])
      answers += answered.answers
      imports += answered.out.length
      try {
        assert.strictEqual(asked.answers, 0)
        assert.strictEqual(answered.out.length, asked.out.length)
        asked.out.forEach((one, i) => assert.deepStrictEqual(answered.out[i], one))
      } catch (e) {
        process.stderr.write(`seed ${seed}, round ${round}, in ${root}: ${e.message}\n`)
        process.exit(1)
      }
    }
    await damage()
    process.stdout.write(`${imports} imports, ${answers} answers from the record\n`)
    process.exit(answers > imports / 20 ? 0 : 1)
  })()
}

/** Numbers from 0 to 1, the same again for a seed (mulberry32). */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

if (process.argv[2] === 'child') child()
else play(...process.argv.slice(2))
