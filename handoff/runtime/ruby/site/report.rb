# Reports what the program has loaded. Lines of JSON are appended to a file of the process
# when a file is about to run, so in the order in which files begin, and when a thread
# begins, as servers start them. A process that was forked has a file of its own. No descriptor stays open, no thread or signal is needed, and
# no method is replaced.
lambda do
  quote = ->(text) { '"' + text.to_s.dup.force_encoding(Encoding::UTF_8).scrub.gsub(/["\\]/) { |c| "\\#{c}" }.gsub(/[\u0000-\u001f]/) { |c| format('\u%04x', c.ord) } + '"' }
  # Encodes any bytes (handoff/runtime/modules), because names of files need not be UTF-8.
  bytes = ->(text) { '"' + text.to_s.b.gsub(/[^ !#-\[\]-~]/n) { |c| format('\u%04x', c.ord) } + '"' }
  list = ->(texts) { "[#{texts.map(&bytes).join(',')}]" }
  argv = -> { [$0, *ARGV] }

  # The script of the program: Ruby has opened it, and read its first line.
  main = lambda do
    ObjectSpace.each_object(File).find do |f|
      f.path == $0 && !f.closed? && f.fileno > 2
    rescue IOError
      false # one that was never opened
    end
  end

  # Folders of what is not the project's. Gem.path: with a Gemfile another one later.
  roots = lambda do
    config = RbConfig::CONFIG.values_at('rubylibdir', 'rubyarchdir', 'sitedir', 'sitearchdir', 'vendordir', 'vendorarchdir')
    gems = defined?(Gem) ? Gem.path.flat_map { |dir| ["#{dir}/gems", "#{dir}/extensions", "#{dir}/bundler/gems"] } : []
    (config + gems).compact.map { |dir| "#{dir}/" }
  end

  report = lambda do |folder, began, loaded|
    pid, env, dir = $$, ENV.to_h, Dir.pwd
    path = "#{folder}/#{pid}"
    sent, changed, events, threads, busy, missed = began.size, {}, 0, 0, false, false
    known = roots.call.map(&:b) # encodings of names differ, and are not compared
    first = format("{\"ruby\":%s,\"argv\":%s,\"dir\":%s,\"reads\":%d,\"began\":%s}\n",
                  quote[RUBY_VERSION], list[argv.call], bytes[dir], main.call ? 1 : 0, list[began])
    # The minor faults of children that were waited for, by proc_pid_stat(5).
    first << "{\"faults\":#{quote[File.read('/proc/self/stat').rpartition(')')[2].split[8]]}}\n"
    loaded.each { |file| first << "{\"begun\":#{bytes[file]}}\n" }
    head = first.dup
    # Each fact is reported once: a program that loads a file for each request would fill the disk.
    seen, last, room = {}, '', 8 << 20
    trace = nil
    write = lambda do |begun, read = nil|
      lines = head || +''
      head = nil
      if begun && !seen[begun]
        seen[begun] = true
        lines << "{\"begun\":#{bytes[begun]}}\n"
      end
      if read && !seen[[read]]
        seen[[read]] = true
        lines << "{\"read\":#{bytes[read]}}\n"
      end
      features = $LOADED_FEATURES
      sent = [sent, features.size].min
      while sent < features.size
        lines << "{\"feature\":#{bytes[features[sent]]}}\n"
        sent += 1
      end
      # What takes longer is looked at when the project's files are begun, and now and then.
      if (events += 1) % 64 == 0 || !begun || known.none? { |root| begun.b.start_with?(root) }
        now = ENV.to_h
        # A variable that has several values has none that is known.
        now.merge(env).each_key { |k| changed[k] = now[k] == changed.fetch(k, now[k]) ? now[k] : nil if now[k] != env[k] } if now != env
        changed[''] = nil if Dir.pwd != dir
        known = roots.call.map(&:b)
        around = "{\"changed\":#{list[changed.keys]},\"values\":#{list[changed.values]},\"path\":#{list[$LOAD_PATH]},\"roots\":#{list[known]}}\n"
        lines << around if around != last
        last = around
      end
      room -= lines.size
      lines = "{\"more\":1}\n" if room < 0 # the report is incomplete: nothing is loaded ahead
      File.open(path, 'ab', 0o600) { |f| f.syswrite(lines) } unless lines.empty?
      trace.disable if room < 0
    end
    trace = TracePoint.new(:script_compiled, :thread_begin) do |tp|
      if $$ != pid # it was forked, and has a report of its own
        pid, busy, missed = $$, false, false
        path, head, sent, seen, last = "#{folder}/#{pid}", first + %({"faults":"0"}\n), began.size, {}, ''
      end
      if busy # another thread reports
        missed ||= tp.event == :script_compiled # a thread that begins reads nothing
        next
      end
      busy = true
      begin
        if tp.event == :thread_begin
          # Servers begin many at once, and one for each request.
          write[nil] if [1, 2, 4, 8, 16].include?(threads += 1) || $LOADED_FEATURES.size > sent
        elsif !tp.eval_script
          write[tp.instruction_sequence.path]
        elsif tp.instruction_sequence.path.end_with?('.rb') # puma and others evaluate files
          write[nil, tp.instruction_sequence.path]
        end
        File.write(path, "{\"missed\":1}\n", mode: 'a') if missed
      rescue StandardError # the program must not see an error
        trace.disable
      ensure
        busy = false
      end
    end
    trace.enable
  end
  { quote: quote, argv: argv, main: main, roots: roots, report: report }
end.call
