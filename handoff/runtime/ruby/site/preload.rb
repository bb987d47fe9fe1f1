# Loads the files of a standby in the program's order, and notices what would matter to the
# program. Meanwhile the project's folders are not in $LOAD_PATH, and no file of it runs.
# If the plan is proven only TracePoints notice, which cost no time and replace nothing: such
# a standby may be released in the middle of a file.
lambda do |plan, say, released, report|
  next if plan['load'].empty?
  roots, env, known = plan['roots'].map(&:b), plan['env'], {} # encodings of names differ, and are not compared
  plan['known'].each { |feature| known[feature.b] = true }
  barred, trial = plan['barred'].map(&:b), !plan['proven']
  gem_of = lambda do |path|
    path = path.b
    root = roots.select { |dir| path.start_with?(dir) }.max_by(&:size).to_s
    rest = path[root.size..].sub(%r{\A[^/]*/[\d.]+/(?=[^/]+-\d)}, '')
    first = rest[%r{\A[^/]+}].to_s
    root.end_with?('/gems/', '/extensions/') ? first.sub(/-\d.*\z/, '') : first.sub(/\.(rb|so)\z/, '')
  end
  item, noticed = nil, {}
  notice = lambda do |what|
    from = caller_locations.map(&:absolute_path).compact.find { |p| roots.any? { |dir| p.b.start_with?(dir) } && !p.include?('/rubygems/') }
    by = gem_of[item]
    package = from ? gem_of[from] : by
    next if noticed[[package, what]]
    noticed[[package, what]] = true
    say['noticed', { package: package, by: by, what: what }]
  end
  # Ruby catches some signals itself: of these one has to ask who does.
  signals = lambda do
    IO.read('/proc/self/status').scan(/^Sig(?:Cgt|Ign|Blk):.*/) + %w[HUP INT QUIT ALRM TERM USR1 USR2].map do |name|
      handler = trap(name, 'DEFAULT')
      trap(name, handler) if handler != 'DEFAULT'
      handler
    end
  end
  written = -> { IO.read('/proc/self/io')[/wchar: (\d+)/, 1] rescue nil }
  state = lambda do
    {
      'descriptors' => Dir.children('/proc/self/fd').size, 'a thread' => [Thread.list.size, Dir.children('/proc/self/task').size],
      'the working directory' => Dir.pwd, 'the load path' => $LOAD_PATH.dup, 'a signal' => signals.call, 'the umask' => File.umask,
      'the environment' => ENV.to_h, 'a stream' => [$stdin, $stdout, $stderr].map(&:object_id), 'require' => [Kernel.instance_method(:require), Kernel.instance_method(:load), method(:require).owner],
      'a global variable' => [$0, $VERBOSE, $DEBUG, $;, $,, $/, $\, Encoding.default_external, Encoding.default_internal, ARGV.dup],
      'how threads end' => [Thread.abort_on_exception, Thread.report_on_exception], 'a gem' => defined?(Gem) ? Gem.loaded_specs.keys : [],
      'children' => [IO.read('/proc/self/stat').split(') ').last.split[8], IO.read("/proc/self/task/#{$$}/children")]
    }
  end

  path, specs = $LOAD_PATH.dup, defined?(Gem) ? Gem.instance_variable_get(:@path_to_default_spec_map) : nil
  # What is loaded by its path activates no gem: a Gemfile may ask for another version.
  Gem.instance_variable_set(:@path_to_default_spec_map, {}) if specs
  $LOAD_PATH.replace(plan['path'].select { |dir| roots.any? { |root| "#{dir}/".b.start_with?(root) } })
  compiled = TracePoint.new(:script_compiled) do |tp|
    file = tp.instruction_sequence.path
    next if tp.eval_script
    outside = roots.none? { |dir| file.b.start_with?(dir) }
    next if !outside && !barred.include?(gem_of[file]) || released.call
    notice["needs #{outside ? file : gem_of[file]}"]
    raise LoadError, 'not before its time'
  end
  missing = {}
  raised = TracePoint.new(:raise) do |tp|
    name = tp.raised_exception.is_a?(LoadError) && tp.raised_exception.path
    next if !name || missing[name]
    missing[name] = true
    plan['known'].each { |file| notice["needs #{name}"] if file.b.end_with?("/#{name}.rb".b, "/#{name}".b) && roots.none? { |dir| file.b.start_with?(dir) } }
  end
  # Who asks for which variable: the methods are put back as they were.
  one = %i[[] fetch key? has_key? include? member?]
  many = %i[each each_pair each_key each_value keys values to_h to_hash to_a select filter reject map slice values_at]
  asked = ENV.singleton_class
  were = env.empty? ? {} : (one + many).to_h { |name| [name, (asked.instance_method(name) rescue nil)] }.compact
  silently = lambda do |&work|
    verbose, $VERBOSE = $VERBOSE, nil # of methods that are defined anew
    work.call
    $VERBOSE = verbose
  end
  follow = lambda do
    were.each do |name, method|
      asked.define_method(name) do |*args, &block|
        notice["reads #{many.include?(name) ? 'the environment' : args[0]}"] if many.include?(name) || env.include?(args[0])
        method.bind(self).call(*args, &block)
      end
    end
  end
  unfollow = -> { were.each { |name, method| asked.define_method(name, method) } }
  out, err = $stdout, $stderr
  begin
    was, looked = trial && state.call, Process.clock_gettime(Process::CLOCK_MONOTONIC)
    plan['load'].each do |file|
      now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      if now - looked > 0.02
        break if released.call
        looked = now
      end
      next if $LOADED_FEATURES.include?(file)
      item, size, bytes, before = file, $LOADED_FEATURES.size, trial && written.call, noticed.size
      begin
        silently.call(&follow) if trial
        compiled.enable { raised.enable { require file } }
      rescue Exception => e
        notice["fails: #{e.class}"] if noticed.size == before
      ensure
        silently.call(&unfollow) if trial
      end
      next unless trial
      out.flush
      err.flush
      wrote = written.call
      is = state.call
      was.each { |what, value| notice["changes #{what}"] if is[what] != value }
      was = is
      notice['writes'] if noticed.size == before && wrote != bytes
      ($LOADED_FEATURES[size..] || []).each { |f| notice["loads #{f}, which the program has not"] unless known.include?(f.b) }
    end
  ensure
    $LOAD_PATH.replace(path)
    Gem.instance_variable_set(:@path_to_default_spec_map, specs) if specs
    missing.each_key { |name| say['missing', { file: name }] }
  end
end
