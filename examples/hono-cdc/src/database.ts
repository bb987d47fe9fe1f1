import { EventEmitter } from 'node:events'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'

export const Customer = z.object({
  id: z.number().int().positive(),
  name: z.string().min(1),
  email: z.email(),
  plan: z.enum(['free', 'team', 'business']),
})
export type Customer = z.infer<typeof Customer>
export type NewCustomer = Omit<Customer, 'id'>

const File = z.object({ schema: z.number().int(), customers: z.array(z.looseObject({})) })
type File = z.infer<typeof File>

/** Each brings the file from the schema of its index to the next one. */
const migrations: ((file: File) => void)[] = [
  (file) => {
    file.customers = [
      { id: 1, name: 'Ada', email: 'ada@example.com' },
      { id: 2, name: 'Grace', email: 'grace@example.com' },
    ]
  },
  (file) => {
    for (const customer of file.customers) customer.plan ??= 'free'
  },
]

/** Rows in memory, which `save` writes down. Emits `change` for every row written. */
export class Database extends EventEmitter<{ change: [Customer] }> {
  readonly #save: (row: Customer, all: Customer[]) => Promise<void>
  readonly #customers: Map<number, Customer>
  #saved: Promise<void> = Promise.resolve()

  constructor(customers: Customer[], save: (row: Customer, all: Customer[]) => Promise<void>) {
    super()
    this.#save = save
    this.#customers = new Map(customers.map((customer) => [customer.id, customer]))
  }

  list(): Customer[] {
    return [...this.#customers.values()]
  }

  get(id: number): Customer | undefined {
    return this.#customers.get(id)
  }

  /** The number of the newest customer, 0 if there is none. */
  last(): number {
    return Math.max(0, ...this.#customers.keys())
  }

  /** One save after the other, also behind one that failed; each writes what is in memory when its turn comes. */
  async add(customer: NewCustomer): Promise<Customer> {
    const row = { id: this.last() + 1, ...customer }
    this.#customers.set(row.id, row)
    this.#saved = this.#saved.catch(() => {}).then(() => this.#save(row, this.list()))
    await this.#saved
    this.emit('change', row)
    return row
  }
}

/** Reads a JSON file and brings it up to date; without one, makes it. */
export async function openDatabase(path: URL): Promise<Database> {
  await mkdir(new URL('.', path), { recursive: true })
  const file = await readFile(path, 'utf8').then(
    (text) => File.parse(JSON.parse(text)),
    (error: NodeJS.ErrnoException): File => {
      if (error.code !== 'ENOENT') throw error
      return { schema: 0, customers: [] }
    },
  )
  const pending = migrations.slice(file.schema)
  for (const migrate of pending) migrate(file)
  if (pending.length > 0) {
    file.schema = migrations.length
    await writeJson(path, file)
    console.log(`migrated the database to schema ${file.schema}`)
  }
  return new Database(z.array(Customer).parse(file.customers), (_, customers) =>
    writeJson(path, { schema: migrations.length, customers }),
  )
}

/** Beside it, then renamed: a process that ends here leaves the old file whole. */
async function writeJson(path: URL, value: unknown): Promise<void> {
  const beside = new URL(`${path.href}.${process.pid}`)
  await writeFile(beside, JSON.stringify(value, null, 2) + '\n')
  await rename(beside, path)
}
