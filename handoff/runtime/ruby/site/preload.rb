# Loads the files of a standby, or of a rehearsal, in the program's order. Meanwhile the project's
# folders are not in $LOAD_PATH, and no file of the project or of a barred gem runs. A TracePoint
# guards that: it costs no time and replaces nothing, so a standby may be released in the middle
# of a file.
lambda do |plan, say, released, script|
  # Encodings of names differ, and are not compared.
  roots, barred, noticed, said, item = plan['roots'].map(&:b), plan['barred'].map(&:b), {}, 0, nil
  is_library = ->(path) { roots.any? { |dir| path.b.start_with?(dir) } }
  gem_of = lambda do |path|
    path = path.b
    root = roots.select { |dir| path.start_with?(dir) }.max_by(&:size).to_s
    rest = path[root.size..].sub(%r{\A[^/]*/[\d.]+/(?=[^/]+-\d)}, '')
    first = rest[%r{\A[^/]+}].to_s
    root.end_with?('/gems/', '/extensions/') ? first.sub(/-\d.*\z/, '') : first.sub(/\.(rb|so)\z/, '')
  end
  tell = ->(kind, what) { said += say[kind, what] }
  notice = lambda do |gem, what|
    tell['noticed', { package: gem, what: what }] unless noticed[[gem, what]]
    noticed[[gem, what]] = true
  end
  # loading returns the gems whose files are being loaded there, the innermost first.
  loading = lambda do |locations|
    files = (locations || []).select { |l| l.label == '<top (required)>' && is_library[l.path] }.map(&:path)
    [*files, item].map(&gem_of).uniq
  end
  guard = TracePoint.new(:script_compiled) do |tp|
    file = tp.instruction_sequence.path
    next if tp.eval_script || is_library[file] && !barred.include?(gem_of[file]) || released.call
    needed = is_library[file] ? gem_of[file] : file
    loading[caller_locations].each do |gem|
      notice[gem, "needs #{needed}"]
      needed = gem
    end
    raise LoadError, 'not before its time'
  end

  path, specs = $LOAD_PATH.dup, defined?(Gem) ? Gem.instance_variable_get(:@path_to_default_spec_map) : nil
  # What is loaded by its path activates no gem: a Gemfile may ask for another version.
  Gem.instance_variable_set(:@path_to_default_spec_map, {}) if specs
  $LOAD_PATH.replace(plan['path'].select { |dir| is_library["#{dir}/"] })
  given = plan['env'].to_h { |variable| variable.split('=', 2) }
  were = given.to_h { |name, _| [name, ENV[name]] }
  ENV.update(given)
  observed = ->(_gem, &work) { work.call }
  observed = script['rehearse'][plan['known'], tell, -> { said }, notice, gem_of, loading] if plan['flags'].include?('rehearse')
  guard.enable
  begin
    plan['load'].each do |file|
      break if released.call
      item = file
      observed.call(gem_of[file]) do
        require file
      rescue Exception => e
        notice[loading[e.backtrace_locations].first, "fails: #{e.class}"]
      end
    end
  ensure
    guard.disable
    ENV.update(were)
    $LOAD_PATH.replace(path)
    Gem.instance_variable_set(:@path_to_default_spec_map, specs) if specs
  end
  4.times { GC.start } # what has been loaded is old then: the program collects little
end
