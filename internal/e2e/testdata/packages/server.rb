# This server answers the version of its gem.
require "dep"
require "json"
require "socket"
server = TCPServer.new("127.0.0.1", Integer(ENV["PORT"]))
loop do
  Thread.new(server.accept) do |client|
    while (line = client.gets)
      next unless line == "\r\n"
      body = JSON.generate({ pong: true, version: DEP, pid: Process.pid })
      client.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
    end
    client.close
  end
end
