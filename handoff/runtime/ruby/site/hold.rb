# In the program of a standby: the process that would run the program waits right
# before it, with the gems loaded. What it says and hears is as in handoff/runtime/standby;
# descriptors are open for the moment only. An error ends the process: Ruby would go on
# to the program.
lambda do |folder, teller, script|
  quote = teller[:quote]
  gone = -> { File.exist?("#{folder}/go") }
  say = lambda do |kind, what = {}|
    next if gone.call
    fields = { type: kind }.merge(what).map { |k, v| "#{quote[k]}:#{quote[v]}" }
    File.open("#{folder}/up", 'w') { |f| f.syswrite("{#{fields.join(',')}}\n") }
  end
  wait = lambda do
    next if gone.call
    heard = File.open("#{folder}/down", 'r') { |f| f.sysread(1) }
    raise 'nobody is there who could let it go' if heard != "\0" || !gone.call
  end
  # Lists, each with its length before, of items of any bytes but NUL (handoff/runtime/modules).
  items, lists = IO.binread("#{folder}/plan").split("\0", -1), []
  items.pop
  lists << items.shift(items.shift.to_i).each { |s| s.force_encoding(Encoding.find('filesystem')) } until items.empty?
  plan = %w[argv dir load known barred path roots env].zip(lists).to_h
  next [] if gone.call
  if [*teller[:argv].call, Dir.pwd].map(&:b) != [*plan['argv'], *plan['dir']].map(&:b)
    say['foreign', { what: teller[:argv].call.first(3).join(' ') }]
    wait.call
    next []
  end
  main = teller[:main].call
  say['held']
  begin
    script['preload'][plan, say, gone, teller]
  rescue Exception => e
    say['noticed', { what: "loading ahead fails: #{e.class}: #{e.message}" }]
  end
  say['ready']
  wait.call
  main.reopen(main.path) if main # as it is by now
  plan['load'] & $LOADED_FEATURES
end
