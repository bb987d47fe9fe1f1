// Bundles worker.mjs as wrangler does, and asks it twice in workerd, without Node's modules.
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

const { outputFiles } = await build({ entryPoints: ['worker.mjs'], bundle: true, write: false, format: 'esm', conditions: ['workerd', 'worker', 'browser'] })
const workers = new Miniflare({ modules: true, script: outputFiles[0].text, compatibilityDate: '2026-07-01' })
for (let i = 0; i < 2; i++) console.log(await (await workers.dispatchFetch('http://x/')).text())
await workers.dispose()
