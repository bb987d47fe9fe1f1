require "json"

run lambda { |_env|
  body = JSON.generate(pong: true, version: Integer(ENV["HOTSWAP_GENERATION"]), pid: Process.pid)
  [200, { "content-type" => "application/json", "content-length" => body.bytesize.to_s }, [body]]
}
