// Stands for a database's pool, such as that of pg: connections to close when nothing needs them.
export function openPool() {
  let open = true
  return {
    async query() {
      if (!open) throw new Error('the pool is closed')
      return [{ one: 1 }]
    },
    async end() {
      open = false
    },
  }
}
