bind "tcp://127.0.0.1:#{ENV['PORT']}"
threads 9, 9
rackup File.join(__dir__, 'puma.ru')
