import SchemaBuilder from '@pothos/core'
import DataLoader from 'dataloader'
import { DateTimeResolver } from 'graphql-scalars'
import { createPubSub } from 'graphql-yoga'
import { z } from 'zod'

type Author = { id: string; name: string }
type Book = { id: string; title: string; author: string }

const pubSub = createPubSub<{ added: [Book] }>()
const books: Book[] = [{ id: '1', title: 'A book', author: '1' }]
const authors = new DataLoader(async (ids: readonly string[]): Promise<Author[]> => ids.map((id) => ({ id, name: `author ${id}` })))
const Title = z.string().trim().min(1).max(200)

const builder = new SchemaBuilder<{ Objects: { Author: Author; Book: Book }; Scalars: { DateTime: { Input: Date; Output: Date } } }>({})
builder.addScalarType('DateTime', DateTimeResolver)
builder.objectType('Author', { fields: (t) => ({ id: t.exposeID('id'), name: t.exposeString('name') }) })
builder.objectType('Book', {
  fields: (t) => ({
    id: t.exposeID('id'),
    title: t.exposeString('title'),
    author: t.field({ type: 'Author', resolve: (book) => authors.load(book.author) }),
  }),
})
builder.queryType({
  fields: (t) => ({
    books: t.field({ type: ['Book'], resolve: () => books }),
    now: t.field({ type: 'DateTime', resolve: () => new Date() }),
  }),
})
builder.mutationType({
  fields: (t) => ({
    add: t.field({
      type: 'Book',
      args: { title: t.arg.string({ required: true }) },
      resolve: (_, args) => {
        const book = { id: String(books.length + 1), title: Title.parse(args.title), author: '1' }
        books.push(book)
        pubSub.publish('added', book)
        return book
      },
    }),
  }),
})
builder.subscriptionType({
  fields: (t) => ({ added: t.field({ type: 'Book', subscribe: () => pubSub.subscribe('added'), resolve: (book: Book) => book }) }),
})
export const schema = builder.toSchema()
