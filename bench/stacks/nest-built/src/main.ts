import 'reflect-metadata'
import { ValidationPipe } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger'
import { AppModule } from './app.module'

async function main() {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
  app.useGlobalPipes(new ValidationPipe({ transform: true }))
  SwaggerModule.setup('api', app, () => SwaggerModule.createDocument(app, new DocumentBuilder().setTitle('cats').build()))
  await app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1')
}
void main()
