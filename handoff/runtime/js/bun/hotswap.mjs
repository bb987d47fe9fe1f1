// Bun loads this file right before the program, because hotswap has put it into
// BUN_OPTIONS. Nothing of that is left afterwards: not in the environment, and not in
// process.execArgv. Workers load it, too, with the main thread's process.execArgv.
// It is an ES module because Bun waits for its await, before the program.

const { require, path } = import.meta
const { env } = process
const folder = env.HOTSWAP_BUN
const hold = env.HOTSWAP_BUN_HOLD
const socket = env.HOTSWAP_WIRE // Node processes of the program need it, so it stays
// The name of the folder above has the hash of the files; another name is for another hotswap.
const ours = (word) => word.startsWith('--preload=') && word.endsWith(path.split('/').slice(-3).join('/'))
const words = (env.BUN_OPTIONS || '').split(' ')
const rest = words.filter((word) => !ours(word)).join(' ')
if (rest) env.BUN_OPTIONS = rest
else delete env.BUN_OPTIONS
delete env.HOTSWAP_BUN
delete env.HOTSWAP_BUN_HOLD
if (folder && Bun.isMainThread) {
  const facts = {
    bun: Bun.version,
    argv: [...process.argv],
    dir: process.cwd(),
    main: Bun.main,
    began: Object.keys(require.cache).filter((file) => file !== path),
  }
  try {
    process.execArgv = process.execArgv.filter((word) => !ours(word))
    const loaded = require('./report.cjs').report(folder, facts)
    if (socket) require('./serve.cjs').cover(socket, loaded)
    // What the first server needs.
    if (hold) for (const name of ['./node.cjs', './thread.cjs', './packages.cjs']) require(name)
  } catch (e) {
    // The program is more important.
  }
  if (hold) await require('./hold.cjs')(hold, facts)
}
