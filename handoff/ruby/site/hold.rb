# In the program of a standby: the process that would run the program waits right
# before it, with the gems loaded. What it says and hears is as in handoff/warm;
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
  # JSON, but for what Go never writes: as Ruby reads a literal of its own.
  plan = eval(IO.read("#{folder}/plan.json", encoding: 'UTF-8').gsub('#', '\u0023').gsub(/"((?:[^"\\]|\\.)*)":/) { "\"#{$1}\"=>" })
  next [] if gone.call
  if teller[:argv].call != plan['argv'] || Dir.pwd != plan['dir']
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
