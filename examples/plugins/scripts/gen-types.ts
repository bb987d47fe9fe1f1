// bun run gen:types: writes the list of plugins and the types of their tables.
import { Glob } from 'bun'
import { dirname, basename } from 'node:path'
import type { Column } from '../src/plugin'

const names = [...new Glob('plugins/*/index.ts').scanSync('.')].map((file) => basename(dirname(file))).sort()
const tables = await Promise.all(
  names.map(async (name) => {
    const { schema } = (await import(`../plugins/${name}/schema.ts`)) as { schema: Record<string, Column> }
    const columns = Object.entries(schema).map(([column, type]) => `${column}: ${type}`)
    return `  ${name}: { ${columns.join('; ')} }`
  }),
)
await Bun.write(
  'src/generated/plugins.ts',
  `// Made by bun run gen:types.
${names.map((name) => `import ${name} from '../../plugins/${name}'`).join('\n')}

export const plugins = { ${names.join(', ')} }

export type Tables = {
${tables.join('\n')}
}
`,
)
