// The dev command of a framework, with hotswap inside.
import { run } from 'hotswap-dev'

const swap = await run({ command: ['node', 'server.mjs'] })
swap.on('serving', ({ gen }) => console.log(`seen: generation ${gen}`))
if (process.argv[2] === 'exit') swap.once('serving', () => process.exit(3))
process.exit((await swap.exited).code ?? 1)
