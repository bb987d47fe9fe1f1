VERSION = 1

run(lambda do |env|
  client = env['puma.socket'].peeraddr.values_at(3, 1).join(':')
  size = env['rack.input'].read.to_s.bytesize
  pauses = env['PATH_INFO'] == '/parts' ? [0.06, 0.3] : []
  parts = Enumerator.new do |out|
    pauses.each do |pause|
      out << 'part '
      sleep pause
    end
    out << "version #{VERSION} size #{size}"
  end
  [200, { 'content-type' => 'text/plain', 'x-client' => client }, parts]
end)
