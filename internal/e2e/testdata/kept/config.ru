VERSION = 1

class Parts
  def initialize(size) = @size = size

  def each
    [0.06, 0.3].each { |pause| yield "part "; sleep pause }
    yield "version #{VERSION} size #{@size}"
  end
end

run lambda { |env|
  size = env["rack.input"].read.to_s.bytesize
  body = env["PATH_INFO"] == "/parts" ? Parts.new(size) : ["version #{VERSION} size #{size}"]
  [200, { "content-type" => "text/plain" }, body]
}
