# Ruby requires this file first, because hotswap has put it into RUBYOPT. It waits for puma's server.
if RUBY_ENGINE == 'ruby' && ENV.key?('HOTSWAP_WIRE')
  waits = TracePoint.new(:end) do |point|
    next unless point.path.end_with?('/puma/server.rb')
    next unless defined?(::Puma::Server) && point.self.equal?(::Puma::Server)

    waits.disable
    begin
      load File.join(__dir__, 'puma.rb') unless defined?(::HotswapPuma) # of a hotswap above
    rescue StandardError, ScriptError # another puma, which runs as without the adapter
      nil
    end
  end
  waits.enable
end
