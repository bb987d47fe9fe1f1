package main

// helpText fits one screen of 24 lines or a few more and starts with what
// people type.
const helpText = `hotswap -- npm run dev         run it; swap in a fresh process on every save
hotswap demo                   see it: 20 swaps under load, nothing to install
hotswap status [--json]        of the one that runs here; also: reload, rollback, stop
hotswap doctor                 which mechanisms work on this machine, and why not

Usage: hotswap [options] -- command [args…]

  -l, --listen [name=]ADDR   open an address before the first boot, pass it by LISTEN_FDS
      --build COMMAND        build with it before each start, beside what serves; a
                             build that fails changes nothing (repeatable, in order)
  -w, --watch PATH|GLOB      watch this path instead of the current directory, or this
                             pattern besides (repeatable)
  -i, --ignore GLOB          never react to these (repeatable)
  -e, --ext ts,json,…        react to these extensions only
      --quiet-time 60ms      a batch of changes has settled after so long
      --max-wait 2s          but waits no longer than this
      --poll                 look at files instead of being told (network mounts are both)
      --no-watch             swap on SIGHUP only
      --only-loaded          pass over code that no Node process has loaded (not where
                             something is built before it serves)
      --ready listen         a boot is ready when it listens; or notify (READY=1), a URL
                             that answers, unix:PATH that accepts, log:REGEXP that a line
                             of its output matches, after:TIME
      --ready-status 200-399 which answers of that URL mean ready
      --ready-timeout 60s    a boot that is not ready by then is given up
      --drain-timeout 10s    the old process may finish its work for so long; 0: for ever
      --max-draining 32      at most so many old processes; then the oldest is killed
      --probation 2s         if the new one ends within this time after the swap, the old
                             one, still alive, serves again; 0: it drains at once
      --canary 10%/30s       a new one gets this share of new connections for this time first
      --websocket MODE[:GLOB]    Node's WebSockets of the old one: tell (to come back, 1012),
                             keep (they move to the new one); GLOB is on the path
      --websocket-spread 0s  those that are told are told evenly over so long
      --no-warm              the next one is not started ahead, to wait before its own code
                             (-v says why one that could wait does not)
      --no-preload PACKAGE   it is not loaded before that one's time (repeatable)
      --no-adapter           nothing is loaded into Node, Python, Ruby processes
      --exit-on-crash        end with the program's exit code when it crashes and nothing
                             can serve instead: another supervisor is above
      --stop-signal TERM     asks the program to end: TERM, SIGINT, 2, RTMIN+3, …
      --strategy overlap     or stop-first, for a program that must be alone: clients wait
      --handoff auto         how sockets are handed over: auto, listenfds, none
      --control PATH|none        where status, reload, rollback and stop reach this one
      --output relay         or direct: the program gets hotswap's own stdout and stderr
      --log text|json        the form of hotswap's own lines (stderr)
      --stdin                the keyboard is the program's; hotswap has no keys then
      --clear                clear the terminal before a change is started
  -v, --verbose              say more
      --version, -h, --help

Keys: r swaps, b rolls back, s shows the status, q drains and stops, ? tells more.
Signals: SIGHUP swaps; SIGUSR2 upgrades hotswap itself; SIGINT and SIGTERM drain and
stop, a second one stops now; SIGUSR1, SIGALRM and real-time ones are the program's.
Exit: 0 after a clean stop · 64 wrong usage · 69 not possible here · 70 our own
fault · 128+n stopped at once by signal n · under --no-watch the code of a program
that ends before it ever served.
`
