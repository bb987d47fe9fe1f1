import { createServer } from 'node:http'

const greeting = 'hello'

createServer((request, response) => response.end(`${greeting}\n`)).listen(process.env.PORT ?? 4000)
