import { createServer } from 'node:http'
import { version } from './version.mjs'

createServer((request, response) => response.end(`version ${version}`)).listen(process.env.PORT, '127.0.0.1')
