# Has puma empty its process when hotswap says that it drains: handoff/runtime/connections has the orders. The thread of
# puma's reactor, which has all connections on which no request is answered, also has the link to hotswap. So no thread
# is added, but one where Action Cable ends, and nothing is read while a connection is given away. An error of the
# adapter never reaches the program.
module HotswapPuma
  EXPECTED = 1 # s in which a request is expected on a connection that is not handed over
  FLOWS = 15 # s in which an answer that flows loses a byte
  OUTQ = 0x5411 # SIOCOUTQ, unix(7): how many bytes the client has not read
  LOOK = 0.02 # s between two looks while draining
  GOING_AWAY = 1001 # the code of a drain after which no process serves
  DRAINS = {}.compare_by_identity # by listening socket

  load File.join(__dir__, 'link.rb')
  Order = Struct.new(:moves, :next, :code) # code: how WebSockets and event streams end; nil: they go on

  def self.now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # What a listening socket's name is called in the protocol: of a unix socket the path, beside which hotswap has given
  # each generation's socket a name of its own (.NAME.hotswap-INODE, see handoff/unixpath).
  def self.place(sock)
    name = sock.to_io.local_address
    return (name.ipv6? ? '[%s]:%d' : '%s:%d') % name.ip_unpack if name.ip?
    return name.unix_path if name.unix_path.start_with?("\0")

    folder, file = File.split(File.expand_path(name.unix_path))
    File.join(folder, file[/\A\.(.+)\.hotswap-[^.]*\z/, 1] || file)
  end

  # The connections of a server, and how a drain empties them. The reactor takes it for one of its clients.
  class Drain
    attr_reader :order, :to_io, :conns

    def initialize(server)
      @server, @binder = server, server.binder
      @reactor, @options = %i[@reactor @options].map { |name| server.instance_variable_get(name) }
      @timeouts, @selector = %i[@timeouts @selector].map { |name| @reactor.instance_variable_get(name) }
      known = %i[@parsed_bytes @buffer @read_header @ready @hijacked @requests_served]
      probe = ::Puma::Client.new(@binder.ios.first)
      known -= probe.instance_variables if @timeouts.is_a?(Array)
      @link = Link.new
      unless known.empty?
        @link.send_line('type' => 'off', 'feature' => 'connections', 'what' => known.first.to_s)
        raise NameError
      end

      resize(-1) # the link is no client
      @conns = {}.compare_by_identity # by client; those that have ended may be among them
      @roof = 100 # with more connections, look for those that have ended
      @order = nil # of hotswap; nil: the process serves
      @sent = @due = @asked = nil # the newest state; when to look next; the look that hotswap has asked for
      @counts = 0 # when the state is told next
      @places = @binder.ios.to_h { |sock| [sock, HotswapPuma.place(sock)] }.compare_by_identity
      @to_io = @link.to_io
      @places.each do |sock, at|
        DRAINS[sock] = self
        name = sock.to_io.local_address
        @link.send_line({ 'type' => 'listening', 'at' => at }.merge(name.ip? ? { 'port' => name.ip_port } : {}))
      end
      @reactor.add(self)
    end

    def io_ok?
      true
    end

    # The first of the reactor's clients, so that a look comes in time.
    def timeout_at
      -Float::INFINITY
    end

    def timeout
      [@due && [@due - HotswapPuma.now, 0].max, @timeouts[1]&.timeout].compact.min
    end

    # The reactor's thread calls it when hotswap has said something, or a look is due, behind all that has arrived. It
    # returns whether the link has ended.
    def wake
      raise EOFError unless @server.instance_variable_get(:@queue_requests) # the reactor ends

      due = @due && @due <= HotswapPuma.now
      @link.receive { |kind, line, io| obey(kind, line, io) }
      look if due
      false
    rescue StandardError
      @selector.deregister(@to_io)
      @link.close
      resume
      true
    end

    def follow(client, sock)
      if @conns.size >= @roof
        @conns.keys.each { |c| @conns.delete(c) if c.closed? } # others than puma have closed them
        @roof = 2 * @conns.size + 100
      end
      @conns[client] = Conn.new(self, client, @places[sock])
    end

    # A connection that hotswap is to get.
    def give(conn)
      conn.leaving = @link.give({ 'type' => 'move', 'at' => conn.at }, conn.client.to_io) do |lost|
        conn.leaving = false
        @due = HotswapPuma.now
        if lost
          conn.stays = true
          rest(conn.client)
        else
          conn.adopted = nil
          conn.client.close # no FIN: hotswap has the descriptor, too
        end
      end
    end

    def closed(conn)
      @conns.delete(conn.client)
      owned(conn)
    end

    # A request is answered, or the connection has closed: hotswap needs its descriptor no longer, which would hide the
    # end from the client.
    def owned(conn)
      @link.send_line('type' => 'owned', 'id' => conn.adopted) if conn.adopted
      conn.adopted = nil
    rescue StandardError
      nil # hotswap has gone
    end

    private

    def obey(kind, line, io)
      case kind
      when 'drain'
        code = line.include?('"websocket":{') ? Link.field(line, 'code') : nil
        @order = Order.new(Link.field(line, 'moves'), Link.field(line, 'next'), code)
        @due, @counts, @sent = HotswapPuma.now, 0, nil
        @cable ||= code && defined?(::ActionCable.server) && Thread.new { restart_cable }
      when 'resume' then resume
      when 'look' then @due, @asked = HotswapPuma.now, Link.field(line, 'seq')
      when 'conn', 'take' then adopt(kind, line, io)
      end
    end

    # Has Rails tell each client of Action Cable to reconnect. It waits for the threads of some adapters.
    def restart_cable
      ::ActionCable.server.restart
    rescue StandardError
      nil
    end

    # Adds to what puma says of the number of clients in its reactor, from puma 7 on.
    def resize(by)
      size = @reactor.instance_variable_get(:@reactor_size)
      @reactor.instance_variable_set(:@reactor_size, size + by) if size
    end

    def resume
      @order = @cable = nil
      @conns.values.each { |conn| conn.stays = false } # other threads add some meanwhile
    end

    # Puts a client that rests into the reactor.
    def rest(client)
      client.set_timeout(@server.instance_variable_get(:@persistent_timeout))
      @reactor.add(client) || client.close
    end

    # Accepts a connection of another process as the server does. The answer leaves before the first byte is read:
    # afterwards no other process may get the connection, however late it is.
    def adopt(kind, line, io)
      at = Link.field(line, 'at')
      sock, = @places.find { |s, place| place.b == at.b && s.is_a?(BasicSocket) }
      error = 'the socket did not arrive' unless io
      error ||= 'no connection of this kind is taken' if kind == 'take'
      error ||= 'it came too late' if Time.now.to_f * 1000 >= Link.field(line, 'untilMs')
      error ||= 'nobody listens there' if sock.nil? || @options[:remote_address] == :proxy_protocol
      id = Link.field(line, 'id')
      return @link.send_line('type' => 'taken', 'id' => id, 'error' => error), io&.close if error

      io.autoclose = false
      client = accepted((sock.is_a?(UNIXServer) ? UNIXSocket : TCPSocket).for_fd(io.fileno), sock)
      conn = @conns[client]
      conn.stays, conn.adopted = Link.field(line, 'stays'), id
      @link.send_line('type' => 'taken', 'id' => id)
      rest(client)
    end

    def accepted(io, sock)
      client = @server.new_client(io, sock) if @server.respond_to?(:new_client)
      client ||= ::Puma::Client.new(io, @binder.env(sock)).tap do |c|
        c.listener = sock
        %w[http_content_length_limit supported_http_methods env_set_http_version].each do |name|
          c.public_send("#{name}=", @server.instance_variable_get("@#{name}")) if c.respond_to?("#{name}=")
        end
      end
      case @options[:remote_address]
      when :value then client.peerip = @options[:remote_address_value]
      when :header then client.remote_addr_header = @options[:remote_address_header]
      end
      client
    end

    # Hands over what may be, and reports the state, which takes longer, not as often.
    def look
      began, size = HotswapPuma.now, @timeouts.size
      @timeouts.reject! do |client|
        conn = @conns[client]
        conn&.here = false
        conn&.moves? && give(conn) && (@selector.deregister(client.to_io) || true)
      end
      resize(@timeouts.size - size)
      if @asked || began >= @counts
        state = %w[connections busy streams flowing stays].to_h { |name| [name, 0] }
        @conns.values.each { |conn| conn.count(state, began) }
        if @asked || @order && state != @sent
          @link.send_line({ 'type' => 'state' }.merge(state, @asked ? { 'seq' => @asked } : {}))
          @sent = state unless @asked
        end
        @asked = nil
        ended = HotswapPuma.now
        @counts = ended + [LOOK, 5 * (ended - began)].max
      end
      @due = @order && @counts
    end
  end

  # A connection.
  class Conn
    attr_reader :client, :at, :drain
    attr_accessor :since, # when it was accepted, or the newest answer ended
                  :stays, # it is not handed over in this drain
                  :here, # nor is it before the next look or answer
                  :leaving, # hotswap is getting it
                  :closing, # the answer says that the connection ends
                  :taken, # the program has taken it over
                  :adopted, # the number under which hotswap has passed it on; nil: it has not, or a request is answered
                  :stream # the answer, if it is an event stream that may end at any event

    def initialize(drain, client, at)
      @drain, @client, @at, @since = drain, client, at, HotswapPuma.now
    end

    # Whether it is handed over when it is between two requests.
    def may?
      @drain.order&.moves && !@stays && @client.io.is_a?(BasicSocket) &&
        !@client.instance_variable_get(:@expect_proxy_proto)
    end

    def moves?
      may? && !@here && !@leaving && @client.hotswap_between?
    end

    def reset
      @since = HotswapPuma.now
      @closing = @here = @stream = @flowed = nil
      @drain.owned(self)
    end

    # Adds it to a state.
    def count(state, now)
      return @drain.conns.delete(@client) if @client.closed?

      order = @drain.order
      return @drain.conns.delete(@client) if @stream && order&.code && @stream.end_now

      state['connections'] += 1
      return state['busy'] += order&.code ? 1 : 0 if @taken || @client.hijacked

      may = may?
      state['stays'] += 1 unless may || @closing
      if !@client.hotswap_between?
        state['busy'] += 1
        state['streams'] += 1 if @stream
        state['flowing'] += 1 if flows?(now)
      elsif may || @leaving
        state['busy'] += 1 # it is about to be handed over
      elsif order&.next || @client.hotswap_fresh? || !@client.io.is_a?(BasicSocket)
        state['busy'] += 1 if now - @since < EXPECTED
      end
    end

    # Whether bytes of the answer have left, or have come of the request. When they did before the first look is not
    # known, so that it counts as if they had just then.
    def flows?(now)
      io = @client.to_io
      if io.is_a?(UNIXSocket)
        io.ioctl(OUTQ, passed = [0].pack('i'))
      else
        passed = io.getsockopt(Socket::IPPROTO_TCP, Socket::TCP_INFO).data.unpack('@120Q2') # bytes acked and received
      end
      @flowed, @passed = now, passed if @flowed.nil? || passed != @passed
      now - @flowed < FLOWS
    rescue StandardError
      false # not Linux
    end
  end

  # An event stream. An empty line ends each event.
  class Stream
    def initialize(body, client, chunked, order)
      @body, @client, @chunked = body, client, chunked
      @lock, @tail = Mutex.new, ''.b
      # Where no process follows, a client that comes back at once would come back here, again and again.
      @goes_on = order&.code == GOING_AWAY
    end

    def each
      @body.each do |part|
        @lock.synchronize do
          yield part
          @tail = (@tail + part.b)[-4..-1] || @tail + part.b
        end
      end
    ensure
      @lock.synchronize { @goes_on = true } # puma ends it
    end

    def close
      @body.close if @body.respond_to?(:close)
    end

    # Ends the stream between two events, and reports whether it has. What the program writes later meets a client that
    # has gone.
    def end_now
      return false if @goes_on || !@lock.try_lock

      begin
        waits = @client.respond_to?(:io_buffer) && !@client.io_buffer.length.zero? # for puma to write it
        return false unless @tail.match?(/(\r\n\r\n|\n\n|\r\r)\z/n) && @client.io.is_a?(BasicSocket) && !waits

        @client.to_io.write_nonblock("0\r\n\r\n") if @chunked
        @client.to_io.shutdown(Socket::SHUT_WR)
        @goes_on = true
      rescue SystemCallError, IOError
        false # the client does not read, or has gone
      ensure
        @lock.unlock
      end
    end
  end

  # The application, between the server and the outermost middleware.
  class App
    AGAIN = %w[HTTP_LAST_EVENT_ID HTTP_MCP_SESSION_ID HTTP_MCP_PROTOCOL_VERSION].freeze
    private_constant :AGAIN

    def initialize(app)
      @app = app
    end

    def call(env)
      answer = @app.call(env)
      conn = Thread.current[:hotswap]
      begin
        if conn&.drain&.order && !conn.may?
          env['HTTP_CONNECTION'] = 'close' # which puma reads behind the application
          conn.closing = true
        end
        conn && again?(env) ? answers(conn, env, *answer) : answer
      rescue StandardError
        answer
      end
    end

    private

    def answers(conn, env, status, headers, body)
      chunked = [env['SERVER_PROTOCOL'], env['HTTP_VERSION']].include?('HTTP/1.1')
      if events?(headers) && body.respond_to?(:each) && !body.is_a?(Array)
        body = conn.stream = Stream.new(body, conn.client, chunked, conn.drain.order)
      end
      [status, headers, body]
    end

    # Whether the client connects again when an event stream ends: EventSource wants no cached answer, or names the last
    # event that it has got, and so do clients of MCP.
    def again?(env)
      env['HTTP_ACCEPT']&.start_with?('text/event-stream') && env['REQUEST_METHOD'] == 'GET' &&
        (AGAIN.any? { |name| env.key?(name) } || env['HTTP_CACHE_CONTROL'].to_s.match?(/no-cache|no-store/i))
    end

    def events?(headers)
      names = headers.to_h { |name, value| [name.to_s.downcase, value] }
      names['content-type'].to_s.downcase.start_with?('text/event-stream') &&
        (names.keys & %w[content-length content-encoding transfer-encoding trailer rack.hijack]).empty?
    end
  end

  module Server
    def handle_servers
      begin
        Drain.new(self) if @reactor # without one no connection is kept
        @app = App.new(@app) unless @app.is_a?(App)
      rescue StandardError
        nil # hotswap has gone, or this is another puma
      end
      super
    end

    def handle_request(first, second, *rest)
      conn = Thread.current[:hotswap] = (first.is_a?(::Puma::Client) ? first : second).hotswap
      answer = super
      conn.taken = true if conn && answer == :async
      answer
    end

    def reactor_wakeup(client)
      return client.wake if client.is_a?(Drain)

      conn = client.hotswap
      return true if conn&.leaving || conn&.moves? && conn.drain.give(conn)

      conn&.here = true # if there was no room, this request is served here
      super
    end
  end

  module Client
    FAST_TRACK_KA_TIMEOUT = 0.2 # s, puma's
    attr_reader :hotswap

    def listener=(sock)
      super
      @hotswap = DRAINS[sock]&.follow(self, sock)
    end

    def hotswap_fresh?
      @requests_served.zero?
    end

    # Whether nothing of a request has arrived that is not answered.
    def hotswap_between?
      @parsed_bytes.zero? && (@buffer.nil? || @buffer.empty?) && @read_header && !@ready
    end

    # A connection that is handed over goes to the reactor, and is not read.
    def eagerly_finish
      @hotswap&.moves? ? false : super
    end

    # Before puma 7 with whether it may wait for the next request, which is read only if that stays here.
    def reset(*fast)
      @hotswap&.reset
      return super unless fast[0] && @hotswap

      super(false) ||
        @buffer.nil? && !@hotswap.moves? && @to_io.wait_readable(FAST_TRACK_KA_TIMEOUT) && !@hotswap.moves? &&
        try_to_finish
    rescue IOError
      nil # as there
    end

    def close
      super
    ensure
      @hotswap&.drain&.closed(@hotswap)
    end
  end

  ::Puma::Server.prepend(Server)
  ::Puma::Client.prepend(Client)
end
