import { IsNotEmpty } from 'class-validator'
import { Column, Entity, OneToMany, PrimaryGeneratedColumn } from 'typeorm'
import { Book } from './book'

@Entity()
export class Author {
  @PrimaryGeneratedColumn()
  id!: number

  @Column()
  @IsNotEmpty()
  name!: string

  @OneToMany(() => Book, (book) => book.author)
  books!: Book[]
}
