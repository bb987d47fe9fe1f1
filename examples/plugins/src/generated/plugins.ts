// Made by bun run gen:types.
import notes from '../../plugins/notes'
import tags from '../../plugins/tags'

export const plugins = { notes, tags }

export type Tables = {
  notes: { id: number; text: string }
  tags: { note: number; name: string }
}
