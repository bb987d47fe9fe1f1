# The link of a server to hotswap: lines of JSON, some with a descriptor. handoff/runtime/wire has the protocol. Nothing
# here waits. The thread of puma's reactor reads; any thread sends.
class HotswapPuma::Link
  LIMIT = 1 << 20 # bytes of a line, and of those that wait to be sent
  MOST = 64 # connections that hotswap is to get at once, because each needs a descriptor there
  WITH_DESCRIPTOR = %w[conn take socket go].freeze

  def initialize
    @lock = Mutex.new
    @sock = UNIXSocket.new(ENV['HOTSWAP_WIRE'])
    @text = ''.b
    @out = ''.b
    @fds = [] # that belong to no line yet
    @given = [] # what to call when hotswap says whether it has got a descriptor
    runtime = "puma #{::Puma::Const::PUMA_VERSION}"
    send_line('type' => 'hello', 'version' => 1, 'pid' => Process.pid, 'runtime' => runtime, 'files' => false)
  end

  def to_io
    @sock
  end

  # The program may not have loaded a library for JSON, and would see that it is there.
  def self.line(message)
    fields = message.map do |name, value|
      value = %("#{value.gsub(/["\\\x00-\x1f]/) { |c| format('\u%04x', c.ord) }}") if value.is_a?(String)
      %("#{name}":#{value})
    end
    "{#{fields.join(',')}}\n".b
  end

  # A field of a line, which is nobody's but hotswap's.
  def self.field(line, name)
    value = line[/"#{name}":("(?:[^"\\]|\\.)*"|[^,}]+)/, 1]
    case value
    when nil, 'true', 'false' then value == 'true'
    when /\A"/ then value[1..-2].gsub(/\\(?:u(\h{4})|(.))/) { $1 ? [$1.hex].pack('U') : $2 }
    else value.to_i
    end
  end

  def send_line(message)
    @lock.synchronize do
      @out << self.class.line(message)
      flush
    end
  end

  # Sends a line with the descriptor of an IO, and reports whether it has. The line never waits, because the client may
  # send a request meanwhile. The block is called with whether the descriptor was lost.
  def give(message, io, &left)
    @lock.synchronize do
      return false if !@out.empty? || @given.size >= MOST

      line = self.class.line(message)
      sent = @sock.sendmsg_nonblock(line, 0, nil, Socket::AncillaryData.unix_rights(io), exception: false)
      return false if sent == :wait_writable

      @given << left
      @out << line.byteslice(sent..-1)
      flush
      true
    end
  rescue SystemCallError, IOError
    false # hotswap has gone, which receive is told, too
  end

  # Yields each message that has come, with its descriptor or nil. Raises if hotswap has gone.
  def receive
    got, _, flags, *control = @sock.recvmsg_nonblock(1 << 16, 0, 1 << 10, scm_rights: true, exception: false)
    return if got == :wait_readable

    control.each { |c| @fds.concat(c.unix_rights || []) }
    @fds << nil if flags & Socket::MSG_CTRUNC != 0 # this process may open no more
    raise EOFError if got.nil? || got.empty? || @fds.size > 16

    @text << got
    while (line = @text.slice!(/\A[^\n]*\n/))
      line.force_encoding(Encoding::UTF_8)
      kind = self.class.field(line, 'type')
      if kind == 'got'
        left = @lock.synchronize { @given.shift }
        left&.call(self.class.field(line, 'lost'))
      else
        yield kind, line, WITH_DESCRIPTOR.include?(kind) ? @fds.shift : nil
      end
    end
    @lock.synchronize { flush }
    raise EOFError if @text.bytesize > LIMIT
  end

  # Ends the link. Descriptors that have come are closed; hotswap may have those that were given.
  def close
    @sock.close
    @fds.compact.each(&:close)
    @given.shift.call(false) until @given.empty?
  end

  private

  def flush
    return if @out.empty?

    sent = @sock.write_nonblock(@out, exception: false)
    @out = @out.byteslice(sent..-1) unless sent == :wait_writable
    raise IOError if @out.bytesize > LIMIT
  end
end
