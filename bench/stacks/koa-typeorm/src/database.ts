import { DataSource } from 'typeorm'
import { Author } from './entities/author'
import { Book } from './entities/book'

export const database = new DataSource({ type: 'sqljs', synchronize: true, entities: [Author, Book] })
