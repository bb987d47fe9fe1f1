# Observes what gems do while a rehearsal loads them. A gem is what runs from the begin of one of
# its files until a file of another gem begins, or goes on. Each time what all code shares is
# compared, so that the gem is known that has changed it. The process is thrown away: methods are
# replaced, and stay so.
lambda do |known, tell, said, notice, gem_of, loading|
  known = known.to_h { |feature| [feature.b, true] }
  running, told, verbose, $VERBOSE = nil, {}, $VERBOSE, nil
  once = lambda do |kind, what|
    tell[kind, what] if running && !told[[kind, what]]
    told[[kind, what]] = true
  end
  need = ->(gem) { once['needs', { package: running, name: gem }] unless [running, ''].include?(gem) }

  # Who asks for which variable.
  all, asked = ENV.method(:to_h), ENV.singleton_class
  some = %i[[] fetch key? has_key? include? member? assoc]
  every = %i[each each_pair each_key each_value keys values to_h to_hash to_a select filter reject map slice values_at]
  (some + every).each do |name|
    method = asked.instance_method(name)
    asked.define_method(name) do |*args, &block|
      once['env', { package: running, name: some.include?(name) ? args[0] : '*' }]
      method.bind(self).call(*args, &block)
    end
  end
  # Which gem asks for which other, also if that is loaded already.
  finder = [$LOAD_PATH, RubyVM].find { |o| o.respond_to?(:resolve_feature_path) }
  Object.prepend(Module.new do
    define_method(:require) do |name|
      begin
        _, file = finder.resolve_feature_path(name)
        need[gem_of[file]] if file
      rescue StandardError, LoadError
        nil # it is nowhere
      end
      super(name)
    end
    private :require
  end)
  $VERBOSE = verbose

  # Ruby catches some signals itself: of these one has to ask who does.
  signals = lambda do
    IO.read('/proc/self/status').scan(/^Sig(?:Cgt|Ign|Blk):.*/) + %w[HUP INT QUIT ALRM TERM USR1 USR2].map do |name|
      handler = trap(name, 'DEFAULT')
      trap(name, handler) if handler != 'DEFAULT'
      handler
    end
  end
  out, err = $stdout, $stderr
  written = -> { IO.read('/proc/self/io')[/wchar: (\d+)/, 1].to_i - said.call rescue 0 }
  state = lambda do
    [out, err].each(&:flush)
    {
      'changes descriptors' => Dir.children('/proc/self/fd').size, 'changes a thread' => [Thread.list.size, Dir.children('/proc/self/task').size],
      'changes the working directory' => Dir.pwd, 'changes the load path' => $LOAD_PATH.dup, 'changes a signal' => signals.call, 'changes the umask' => File.umask,
      'changes a stream' => [$stdin, $stdout, $stderr].map(&:object_id), 'changes require' => [Kernel.instance_method(:require), Kernel.instance_method(:load), method(:require).owner],
      'changes a global variable' => [$0, $VERBOSE, $DEBUG, $;, $,, $/, $\, Encoding.default_external, Encoding.default_internal, ARGV.dup],
      'changes how threads end' => [Thread.abort_on_exception, Thread.report_on_exception], 'activates a gem' => defined?(Gem) ? Gem.loaded_specs.keys : [],
      'changes children' => [IO.read('/proc/self/stat').split(') ').last.split[8], IO.read("/proc/self/task/#{$$}/children")],
      'writes' => written.call
    }
  end
  was, env = state.call, all.call
  settle = lambda do
    is, now = state.call, all.call
    was.each { |what, value| notice[running, what] if is[what] != value }
    now.each { |name, value| once['sets', { package: running, name: name, value: value }] if env[name] != value }
    notice[running, 'removes a variable'] unless (env.keys - now.keys).empty?
    was, env = is, now
  end
  switch = lambda do |gem|
    next if gem == running
    settle.call if running
    tell['loading', { package: running = gem }]
  end

  features, missing = $LOADED_FEATURES.size, {}
  trace = TracePoint.new(:script_compiled, :c_return, :raise) do |tp|
    case tp.event
    when :script_compiled
      gem = gem_of[tp.instruction_sequence.path]
      next if tp.eval_script || gem.empty?
      need[gem]
      switch[gem]
    when :c_return
      next unless %i[require require_relative load].include?(tp.method_id)
      switch[loading[caller_locations].first]
      ($LOADED_FEATURES[features..] || []).each { |file| notice[running, "loads #{file}, which the program has not"] unless known[file.b] }
      features = $LOADED_FEATURES.size
    when :raise
      name = tp.raised_exception.is_a?(LoadError) && tp.raised_exception.path
      next if !name || missing[name]
      missing[name] = true
      tell['missing', { file: name }]
      notice[running, "needs #{name}"] if known.keys.any? { |file| file.end_with?("/#{name}.rb".b, "/#{name}".b) && gem_of[file].empty? }
    end
  end
  lambda do |gem, &work|
    switch[gem]
    trace.enable(&work)
    settle.call
  end
end
