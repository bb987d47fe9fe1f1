require "json"
require "webrick"

server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: Integer(ENV["PORT"]),
                                 AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::ERROR))
server.mount_proc("/ping") do |_, response|
  response["content-type"] = "application/json"
  response.body = JSON.generate(pong: true, version: Integer(ENV["HOTSWAP_GENERATION"]), pid: Process.pid)
end
trap("TERM") { server.shutdown }
server.start
