// A server whose modules are made anew amid each request: by Vite, or, with LOAD=node, by a query.
import { createServer } from 'node:http'
import { version } from './version.mjs'

let loads = 0
let anew = () => loads++
let load = (name) => import(`./${name}?t=${loads}`)
if (process.env.LOAD !== 'node') {
  const vite = await (await import('vite')).createServer({
    root: import.meta.dirname, appType: 'custom', server: { middlewareMode: true, ws: false, watch: null }, optimizeDeps: { noDiscovery: true },
  })
  anew = () => (loads++, vite.moduleGraph.invalidateAll())
  load = (name) => vite.ssrLoadModule(`/${name}`)
}

async function again() {
  anew()
  await load('app.mjs')
  return load('inner.mjs')
}

createServer(async (request, response) => {
  try {
    const { answer } = await load('app.mjs')
    response.end(JSON.stringify({ version, ...await answer(request.url, again) }))
  } catch (error) {
    response.writeHead(500).end(error.stack)
  }
}).listen(process.env.PORT, '127.0.0.1')
