import { IsNotEmpty } from 'class-validator'
import { Column, CreateDateColumn, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm'
import { Author } from './author'

@Entity()
export class Book {
  @PrimaryGeneratedColumn()
  id!: number

  @Column()
  @IsNotEmpty()
  title!: string

  @CreateDateColumn()
  created!: Date

  @ManyToOne(() => Author, (author) => author.books)
  author!: Relation<Author>
}
