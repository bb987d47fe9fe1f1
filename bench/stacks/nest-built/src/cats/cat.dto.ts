import { ApiProperty } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { IsInt, IsString, MinLength } from 'class-validator'

export class CatDto {
  @ApiProperty()
  @IsString()
  @MinLength(1)
  name!: string

  @ApiProperty()
  @Type(() => Number)
  @IsInt()
  age!: number
}
