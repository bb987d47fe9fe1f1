# Ruby requires this right before the program's script, because hotswap has put it into
# RUBYOPT. Nothing of that is left afterwards. Only CRuby 2.6 and newer reports and waits;
# others read this, too.
lambda do
  here = __dir__
  given = ENV['RUBYOPT'].sub("-r#{here}/hotswap.rb", '').sub(/\A /, '')
  given.empty? ? ENV.delete('RUBYOPT') : ENV['RUBYOPT'] = given
  folder, hold = ENV.delete('HOTSWAP_RUBY'), ENV.delete('HOTSWAP_RUBY_HOLD')
  next unless RUBY_ENGINE == 'ruby' && RUBY_VERSION >= '2.6'
  # The feature is there when the file has been loaded, and is taken away before anything
  # else runs. (Not by an event of methods: Ruby is slower for ever once one is asked for.)
  trace = TracePoint.new(:script_compiled) do
    trace.disable
    $LOADED_FEATURES.delete("#{here}/hotswap.rb")
  end
  script = ->(name) { eval(IO.read("#{here}/#{name}.rb"), TOPLEVEL_BINDING.dup, "#{here}/#{name}.rb") }
  begin
    if folder
      began, report, loaded = $LOADED_FEATURES.dup, script['report'], []
      loaded = script['hold'][hold, report, script] if hold
      report[:report][folder, began, loaded]
    end
  rescue Exception => e
    Process.kill(:KILL, $$) if hold # or the program would run early
    raise if e.is_a?(SignalException)
  end
  trace.enable
end.call
