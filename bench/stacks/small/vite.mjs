// Vite serves the page inside of this server.
import http from 'node:http'
import { createServer } from 'vite'
import { handler } from './web.mjs'

const server = http.createServer((request, response) => /^\/(ping|slow|events)/.test(request.url) ? answer(request, response) : vite.middlewares(request, response))
const answer = handler({})
const vite = await createServer({ root: 'page', logLevel: 'error', server: { middlewareMode: true, hmr: { server } } })
server.listen(process.env.PORT, '127.0.0.1')
