run(lambda do |env|
  body = %({"pong": true, "version": #{ENV['HOTSWAP_GENERATION']}, "pid": #{Process.pid}})
  [200, { 'Content-Type' => 'application/json', 'Content-Length' => body.bytesize.to_s }, [body]]
end)
