# The answers of /hold and /stream wait until somebody asks for /open.
lock, waiting, opened = Mutex.new, [], false # opened: before anybody waited
wait = lambda do
  queue = Queue.new
  lock.synchronize { opened ? queue << 1 : waiting << queue; opened = false }
  queue.pop
end
run(lambda do |env|
  path = env['PATH_INFO']
  lock.synchronize { opened = waiting.empty?; waiting.shift << 1 until waiting.empty? } if path == '/open'
  wait.call if path == '/hold'
  next [200, { 'content-length' => path.size.to_s }, [path]] if path != '/stream'

  events = Enumerator.new { |out| out << "data: 1\n\n"; wait.call; out << "data: 2\n\n" }
  [200, { 'content-type' => 'text/event-stream' }, events]
end)
