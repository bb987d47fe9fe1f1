// node packaging/npm/pack.mjs VERSION FOLDER BINARIES
//
// Makes the npm packages of a version in FOLDER and packs each: hotswap-dev, which has the command, the
// client of clients/node and the schema, and one for each binary that BINARIES has as
// linux_amd64/hotswap. Equal files give equal tarballs. Publish hotswap-dev last, because it depends on
// the others.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const [version, folder, build] = process.argv.slice(2)
if (!build) throw new Error('usage: node packaging/npm/pack.mjs VERSION FOLDER BINARIES')
const ours = (path) => join(root, path)
const json = (path) => JSON.parse(readFileSync(ours(path), 'utf8'))
const main = json('packaging/npm/package.json')
const client = json('clients/node/package.json')
const common = {
  version,
  license: main.license,
  homepage: main.homepage,
  repository: main.repository,
  files: undefined,
}

/** Packs one package. files: its paths in it, and where they come from. */
function pack(name, manifest, files) {
  const to = join(folder, name)
  for (const [path, from] of Object.entries({ ...files, LICENSE: ours('LICENSE') }))
    cpSync(from, join(to, path), { recursive: true })
  chmodSync(join(to, 'bin/hotswap'), 0o755)
  writeFileSync(join(to, 'package.json'), JSON.stringify({ ...manifest, ...common }, null, 2) + '\n')
  execFileSync('npm', ['pack', '--loglevel=error', '--pack-destination', folder, to], { stdio: 'inherit' })
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const optionalDependencies = {}
for (const platform of readdirSync(build).sort()) {
  const [os, arch] = platform.split('_')
  const cpu = arch === 'amd64' ? 'x64' : arch
  const name = `@hotswap-dev/${os}-${cpu}`
  pack(
    name,
    { name, description: `hotswap for ${os} on ${cpu}; install hotswap-dev`, os: [os], cpu: [cpu] },
    { 'bin/hotswap': join(build, platform, 'hotswap') },
  )
  optionalDependencies[name] = version
}
pack(
  'hotswap-dev',
  {
    ...client,
    ...main,
    exports: { ...client.exports, './hotswap.schema.json': './hotswap.schema.json' },
    optionalDependencies,
  },
  {
    ...Object.fromEntries(client.files.map((path) => [path, ours(`clients/node/${path}`)])),
    'lib/run.cjs': ours('packaging/npm/lib/run.cjs'),
    'bin/hotswap': ours('packaging/npm/bin/hotswap'),
    'hotswap.schema.json': ours('docs/hotswap.schema.json'),
    'README.md': ours('README.md'),
  },
)
