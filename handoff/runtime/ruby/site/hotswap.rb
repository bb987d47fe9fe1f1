# Ruby requires this right before the program's script, because hotswap has put it into RUBYOPT. Nothing
# of that is left afterwards. It appends lines of JSON to a file of the process when a file of the project
# is about to run, and when a thread begins, as servers start them. No descriptor stays open, no thread or
# signal is needed, and no method is replaced. Only CRuby 2.6 and newer reports; others read this, too.
lambda do
  own = "#{__dir__}/hotswap.rb"
  given = ENV['RUBYOPT'].sub("-r#{own}", '').sub(/\A /, '')
  given.empty? ? ENV.delete('RUBYOPT') : ENV['RUBYOPT'] = given
  folder = ENV.delete('HOTSWAP_RUBY')
  next unless folder && RUBY_ENGINE == 'ruby' && RUBY_VERSION >= '2.6'

  # Encodes any bytes (handoff/runtime/modules), because names of files need not be UTF-8.
  bytes = ->(text) { '"' + text.to_s.b.gsub(/[^ !#-\[\]-~]/n) { |c| format('\u%04x', c.ord) } + '"' }
  # Folders of what is not the project's. Gem.path: with a Gemfile another one later.
  roots = lambda do
    config = RbConfig::CONFIG.values_at('rubylibdir', 'rubyarchdir', 'sitedir', 'sitearchdir', 'vendordir', 'vendorarchdir')
    gems = defined?(Gem) ? Gem.path.flat_map { |dir| ["#{dir}/gems", "#{dir}/extensions", "#{dir}/bundler/gems"] } : []
    (config + gems).compact.map { |dir| "#{dir}/".b } # encodings of names differ, and are not compared
  end
  known = roots.call
  below = ->(file) { known.any? { |root| file.b.start_with?(root) } }
  project = ->(file) { !below[file] && (known = roots.call) && !below[file] }

  argv = [$0, *ARGV].map(&bytes).join(',')
  head = ->(faults) { %({"argv":[#{argv}],"faults":"#{faults}"}\n) }
  # The minor faults of children that were waited for, by proc_pid_stat(5).
  faults = File.read('/proc/self/stat').rpartition(')')[2].split[8] rescue next
  pid, path, waiting, all, room = $$, "#{folder}/#{$$}", head[faults], '', 8 << 20
  write = lambda do |lines|
    all += lines
    waiting += lines
    File.open(path, 'ab', 0o600) { |f| f.syswrite(waiting) } unless waiting.empty?
    waiting = ''
  end
  unseen = %({"missed":1}\n)
  # Each file is reported once: a program that loads one for each request would fill the disk.
  seen, sent, busy, missed, loaded, trace = { own => true }, 0, false, false, nil, nil
  trace = TracePoint.new(:script_compiled, :thread_begin) do |tp|
    loaded ||= $LOADED_FEATURES.delete(own) # it is there when this file has been loaded
    if $$ != pid # it was forked, and has a report of its own
      pid, path, waiting, busy, missed = $$, "#{folder}/#{$$}", head[0] + all, false, false
    end
    if busy # another thread reports
      missed ||= tp.event == :script_compiled # a thread that begins reads nothing
      next
    end
    busy = true
    begin
      features = $LOADED_FEATURES
      sent = [sent, features.size].min
      files = (sent...features.size).map { |i| features[i] }.select { |file| file.start_with?('/') } # or Ruby has it in itself
      sent = features.size
      if tp.event == :script_compiled
        file = tp.instruction_sequence.path
        files << file if !tp.eval_script || file.end_with?('.rb') # puma and others evaluate files
        missed ||= file.include?('/bootsnap') # which has Ruby run code that no event shows
      end
      files = files.reject { |f| seen[f] || !project[f] }.uniq.each { |f| seen[f] = true }
      lines = files.map { |f| %({"read":#{bytes[File.absolute_path(f)]}}\n) }.join
      lines += unseen if missed || (room -= lines.size) < 0
      missed = false
      write[lines]
      trace.disable if room < 0
    rescue StandardError # the program must not see an error
      trace.disable
      write[unseen] rescue nil
    ensure
      busy = false
    end
  end
  trace.enable
end.call
