// What a program can see of the way in which Bun was started, and what a child of it sees.
import { version } from './version'

const seen = () => ({
  env: Object.keys(process.env).filter((name) => /^(BUN_|HOTSWAP_BUN)/.test(name)).map((name) => [name, process.env[name]]),
  execArgv: process.execArgv, argv: process.argv.slice(2), setup: (globalThis as any).setup,
})
const child = Bun.spawnSync([process.execPath, '-e', 'process.stdout.write(process.env.BUN_OPTIONS + process.env.HOTSWAP_BUN)'])
const facts = JSON.stringify({ ...seen(), child: child.stdout.toString(), serve: [Bun.serve.name, Object.keys(Bun).includes('serve')] })
Bun.serve({ port: Number(process.env.PORT), hostname: '127.0.0.1', fetch: () => new Response(facts, { headers: { version: String(version) } }) })
