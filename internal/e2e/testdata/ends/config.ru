# For puma. A WebSocket and an event stream take their sockets over (Rack's hijacking), as
# ActionCable's do, so that neither occupies one of puma's threads.
require 'digest/sha1'
require 'json'

version = JSON.parse(File.read('version.json'))['version']

echo = lambda do |io, key|
  accept = [Digest::SHA1.digest("#{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")].pack('m0')
  io.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: #{accept}\r\n\r\n")
  while (head = io.read(2))
    opcode, size = head.bytes
    size &= 127
    size = io.read(2).unpack1('n') if size == 126
    mask = io.read(4).bytes
    text = io.read(size).bytes.each_with_index.map { |b, i| b ^ mask[i % 4] }.pack('C*')
    if opcode & 15 == 8 # a close frame is answered
      io.write([0x88, size].pack('CC') + text)
      break
    end
    reply = JSON.generate(echo: text.force_encoding('UTF-8'), version: version)
    io.write([0x81, reply.bytesize].pack('CC') + reply)
  end
rescue SystemCallError, IOError, NoMethodError
  # The client has gone.
ensure
  io.close
end

events = lambda do |io, last|
  loop do
    last += 1
    io.write("id: #{last}\nretry: 100\ndata: {\"version\":#{version}}\n\n")
    io.flush
    sleep 0.1
  end
rescue SystemCallError, IOError
  # The client has gone.
ensure
  io.close
end

run(lambda do |env|
  case env['PATH_INFO']
  when '/ws'
    io = env['rack.hijack'].call
    Thread.new { echo.call(io, env['HTTP_SEC_WEBSOCKET_KEY']) }
    return [-1, {}, []]
  when '/events'
    last = env['HTTP_LAST_EVENT_ID'].to_i
    headers = { 'Content-Type' => 'text/event-stream', 'Cache-Control' => 'no-cache',
                'rack.hijack' => ->(io) { Thread.new { events.call(io, last) } } }
    return [200, headers, []]
  when '/slow'
    sleep(env['QUERY_STRING'][/\d+/].to_i / 1000.0)
  end
  body = JSON.generate(pong: true, version: version, pid: Process.pid)
  [200, { 'Content-Type' => 'application/json', 'Content-Length' => body.bytesize.to_s }, [body]]
end)
