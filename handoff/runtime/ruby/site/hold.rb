# In a standby, the process that would run the program waits right before it, with the gems
# loaded. handoff/runtime/standby has the protocol. Descriptors are open for the moment only.
# An error ends the process, because Ruby would go on to the program.
lambda do |folder, report, script|
  quote = report[:quote]
  released = -> { File.exist?("#{folder}/go") }
  # say returns how many bytes it has written.
  say = lambda do |kind, what = {}|
    next 0 if released.call
    fields = { type: kind }.merge(what).map { |k, v| "#{quote[k]}:#{quote[v]}" }
    File.open("#{folder}/up", 'w') { |f| f.syswrite("{#{fields.join(',')}}\n") }
  end
  wait = lambda do
    next if released.call
    heard = File.open("#{folder}/down", 'r') { |f| f.sysread(1) }
    raise 'hotswap has gone' if heard != "\0" || !released.call
  end
  # Lists, each with its length before, of items of any bytes but NUL (handoff/runtime/modules).
  items, lists = IO.binread("#{folder}/plan").split("\0", -1), []
  items.pop
  lists << items.shift(items.shift.to_i).each { |s| s.force_encoding(Encoding.find('filesystem')) } until items.empty?
  plan = %w[argv dir load known barred path roots env flags].zip(lists).to_h
  next [] if released.call
  if [*report[:argv].call, Dir.pwd].map(&:b) != [*plan['argv'], *plan['dir']].map(&:b)
    say['foreign', { what: report[:argv].call.first(3).join(' ') }]
    wait.call
    next []
  end
  main = report[:main].call
  say['held']
  script['preload'][plan, say, released, script] unless plan['load'].empty?
  say['ready']
  wait.call
  main.reopen(main.path) if main # as it is by now
  plan['load'] & $LOADED_FEATURES
end
