# Tells hotswap what the program has loaded. Lines of JSON are appended to a file of the
# process when a file is about to be run, which is then in the order in which they
# are begun, and when a thread begins, as servers have them. No descriptor stays open,
# no thread and no signal is needed, and no method is replaced.
lambda do
  quote = ->(text) { '"' + text.to_s.dup.force_encoding(Encoding::UTF_8).scrub.gsub(/["\\]/) { |c| "\\#{c}" }.gsub(/[\u0000-\u001f]/) { |c| format('\u%04x', c.ord) } + '"' }
  # Any bytes, each by its number (handoff/runtime/modules): names of files need not be UTF-8.
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
    config = RbConfig::CONFIG.values_at('rubylibdir', 'rubyarchdir', 'sitedir', 'vendordir')
    gems = defined?(Gem) ? Gem.path.flat_map { |dir| ["#{dir}/gems", "#{dir}/extensions", "#{dir}/bundler/gems"] } : []
    (config + gems).compact.map { |dir| "#{dir}/" }
  end

  tell = lambda do |folder, began, loaded|
    pid, env, dir = $$, ENV.to_h, Dir.pwd
    path = "#{folder}/#{pid}"
    told, changed, events, threads, busy = began.size, {}, 0, 0, false
    known = roots.call.map(&:b) # encodings of names differ, and are not compared
    head = format("{\"ruby\":%s,\"argv\":%s,\"dir\":%s,\"reads\":%d,\"began\":%s}\n",
                  quote[RUBY_VERSION], list[argv.call], bytes[dir], main.call ? 1 : 0, list[began])
    loaded.each { |file| head << "{\"begun\":#{bytes[file]}}\n" }
    # Each fact is told once: a program that loads a file for each request would fill the disk.
    seen, last, room = {}, '', 8 << 20
    trace = nil
    write = lambda do |begun|
      lines = head || +''
      head = nil
      if begun && !seen[begun]
        seen[begun] = true
        lines << "{\"begun\":#{bytes[begun]}}\n"
      end
      features = $LOADED_FEATURES
      told = [told, features.size].min
      while told < features.size
        lines << "{\"feature\":#{bytes[features[told]]}}\n"
        told += 1
      end
      # What takes longer is looked at when the project's files are begun, and now and then.
      if (events += 1) % 64 == 0 || !begun || known.none? { |root| begun.b.start_with?(root) }
        now = ENV.to_h
        now.merge(env).each_key { |k| changed[k] = true if now[k] != env[k] } if now != env
        changed[''] = true if Dir.pwd != dir
        known = roots.call.map(&:b)
        around = "{\"changed\":#{list[changed.keys]},\"path\":#{list[$LOAD_PATH]},\"roots\":#{list[known]}}\n"
        lines << around if around != last
        last = around
      end
      room -= lines.size
      lines = "{\"more\":1}\n" if room < 0 # there is more than is told of: nothing is loaded ahead
      File.open(path, 'ab', 0o600) { |f| f.syswrite(lines) } unless lines.empty?
      trace.disable if room < 0
    end
    trace = TracePoint.new(:script_compiled, :thread_begin) do |tp|
      next if busy || $$ != pid
      busy = true
      begin
        if tp.event == :thread_begin
          # Servers begin a thread for each request, too.
          write[nil] if (threads += 1) <= 16 || $LOADED_FEATURES.size > told
        elsif !tp.eval_script
          write[tp.instruction_sequence.path]
        end
      rescue StandardError # hotswap is gone; and whatever it is, the program is not to see it
        trace.disable
      ensure
        busy = false
      end
    end
    trace.enable
  end
  { quote: quote, argv: argv, main: main, roots: roots, tell: tell }
end.call
