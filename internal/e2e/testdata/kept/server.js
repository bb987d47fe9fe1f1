const VERSION = 1

require('node:http').createServer(async (request, answer) => {
  let size = 0
  for await (const part of request) size += part.length
  if (request.url === '/parts') {
    for (const pause of [60, 300]) {
      answer.write('part ')
      await new Promise((then) => setTimeout(then, pause))
    }
  }
  answer.end(`version ${VERSION} size ${size}`)
}).listen(process.env.PORT, '127.0.0.1')
