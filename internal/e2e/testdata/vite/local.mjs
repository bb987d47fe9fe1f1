// A value of hotswap-dev/local survives that Vite makes the module graph of a server anew, as its optimizer does amid
// requests at an import that it has not seen, and comes into a production bundle. The argument is an empty folder.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, createServer } from 'vite'

const root = process.argv[2]
const at = (name) => path.join(root, name)
const write = (name, text) => {
  mkdirSync(path.dirname(at(name)), { recursive: true })
  writeFileSync(at(name), text)
}
const packages = ['one', 'two', 'three']
for (const name of packages) {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
  write(`node_modules/${name}/index.js`, `module.exports = '${name}'`)
}
const client = new URL('../../../../clients/node/', import.meta.url)
mkdirSync(at('node_modules/hotswap-dev'))
for (const name of ['package.json', 'local.mjs'])
  copyFileSync(new URL(name, client), at(`node_modules/hotswap-dev/${name}`))
const { defineLocal } = await import(new URL('local.mjs', client))

// The server's own code, which Vite does not load, and the application's, which it does, share the headers.
const headers = defineLocal('headers', () => new AsyncLocalStorage())
const source = (imported) => `import { defineLocal, getLocal } from 'hotswap-dev/local'
${packages.map((name, i) => `${i < imported ? '' : '// '}import ${name} from '${name}'`).join('\n')}
globalThis.graphs = (globalThis.graphs ?? 0) + 1
defineLocal('headers', () => { throw new Error('defined twice') })
export function answer() {
  getLocal('headers').getStore()['x-name'] = 'set by the application'
  return [${packages.slice(0, imported).join(', ')}].join(' ')
}
`
write('app.js', source(0))
const vite = await createServer({
  root,
  configFile: false,
  appType: 'custom',
  logLevel: 'silent',
  server: { middlewareMode: true, ws: false },
  ssr: { noExternal: true, optimizeDeps: { noDiscovery: false } },
})
const server = http.createServer(async (request, response) => {
  try {
    const { answer } = await vite.ssrLoadModule('/app.js')
    const set = {}
    const text = headers.run(set, answer)
    response.writeHead(200, set).end(text)
  } catch (error) {
    response.writeHead(500).end(error.stack)
  }
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const ask = async () => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`)
  return { status: answer.status, name: answer.headers.get('x-name'), text: await answer.text() }
}
let asked = 0
for (let imported = 0; imported <= packages.length; imported++) {
  write('app.js', source(imported))
  const want = packages.slice(0, imported).join(' ')
  for (;;) {
    const { status, name, text } = await ask()
    assert.equal(status, 200, text)
    assert.equal(name, 'set by the application')
    asked++
    if (text === want) break
  }
}
assert(globalThis.graphs > packages.length, `${globalThis.graphs} graphs`)
await vite.close()
server.close()

await build({
  root,
  configFile: false,
  logLevel: 'silent',
  ssr: { noExternal: true },
  build: { ssr: 'app.js', outDir: 'out' },
})
const bundle = await import(pathToFileURL(at(`out/${readdirSync(at('out'))[0]}`)).href)
const set = {}
assert.equal(headers.run(set, bundle.answer), packages.join(' '))
assert.deepEqual(set, { 'x-name': 'set by the application' })
console.log(`${asked} answers, ${globalThis.graphs} module graphs`)
