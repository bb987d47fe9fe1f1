require "json"

version = JSON.parse(File.read(File.join(__dir__, "version.json")))["version"]

run lambda { |env|
  next [404, { "content-length" => "0" }, []] unless env["PATH_INFO"] == "/ping"

  body = JSON.generate(pong: true, version: version, pid: Process.pid)
  [200, { "content-type" => "application/json", "content-length" => body.bytesize.to_s }, [body]]
}
