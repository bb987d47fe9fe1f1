package options

import (
	"cmp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// table returns every option. The command line, the variables, the defaults and the help
// follow from it.
func (o *Options) table() []*Option {
	return []*Option{
		{group: "What starts a swap", Name: "watch", brief: "watch this folder instead, or these files, too",
			Alias: "w", Shows: "PATH|GLOB", Takes: list(&o.Watch, asIs),
			Help: "watch this path instead of the current directory, or files that match this pattern in addition; what is named so counts also if no process has loaded it"},
		{Name: "ignore", brief: "never react to files that match", Alias: "i", Shows: "GLOB",
			Takes: list(&o.Ignore, asIs), Help: "never react to files that match"},
		{Name: "quiet-time", initial: "0", Takes: duration(&o.Quiet, false),
			Help: "a batch of changes is complete when nothing changes for this time; 0: 15ms after a single file that is closed, else 60ms; 150ms waits for most formatters"},
		{Name: "no-watch", brief: "swap only at a signal, a key or hotswap reload", Takes: enabled(&o.NoWatch),
			Help: "watch no files: only a signal, a key or hotswap reload starts a swap"},
		{Name: "build", brief: "run this command before each start", Shows: "COMMAND",
			Takes: list(&o.builds, parseBuild), adds: true, Help: "run this command before each start, while the old process serves; if it fails, the old process goes on serving; commands run in order; hotswap.yaml also has some for files that change"},
		{Name: "env-file", Shows: "FILE", Takes: list(&o.EnvFile, asIs),
			Help: "read variables for the program from this file before each start; the environment of hotswap itself counts more"},

		{group: "When a new process takes over", Name: "ready", Shows: "WHEN",
			brief: "listen (default), start, notify, URL, log:REGEXP", initial: "listen",
			Takes: into(&o.Ready, parseReady), Help: "when a new process is ready; listen: it listens; start: at once, for a worker that listens nowhere; notify: it sends READY=1; a URL: that answers; log:REGEXP: a line of its output matches"},
		{Name: "ready-timeout", initial: "60s", Takes: duration(&o.ReadyTimeout, true),
			Help: "give up a new process that is not ready after this time"},
		{Name: "probation", initial: "2s", Takes: duration(&o.Probation, false),
			Help: "if the new process ends within this time after the swap, the old one serves again, because it still runs; 0: the old one drains at once"},
		{Name: "strategy", initial: "auto",
			Help:  "overlap, or stop-first: stop the old process before the new one starts, while clients wait; auto: stop-first once the program has something open that only one process may have, such as a database",
			Takes: oneOf(&o.Strategy, "auto|overlap|stop-first", supervisor.Auto, supervisor.Overlap, supervisor.StopFirst)},
		{Name: "max-crashes", Shows: "COUNT", initial: "0", Takes: into(&o.MaxCrashes, parseCount),
			Help: "when the program has crashed so many times in a row and no other process can serve, end with its exit code, for another supervisor to restart hotswap; 0: never"},

		{group: "What becomes of the old process", Name: "drain-timeout",
			brief: "kill an old process after this time (default 10s)", initial: "10s",
			Takes: duration(&o.DrainTimeout, false),
			Help:  "kill an old process that has not finished its work after this time; 0: never, unless more than 32 wait"},
		{Name: "stream-timeout", Takes: duration(&o.StreamTimeout, true),
			Help: "let an old process live for this time while an answer is being sent and read, such as a stream; by default 5m with --no-watch, else without end, but for the three newest such processes only"},
		{Name: "stop-delay", initial: "0", Takes: duration(&o.StopDelay, false),
			Help: "at SIGTERM and hotswap stop, serve on for this time, while /readyz of --admin says 503, so that a load balancer leaves first"},
		{Name: "stop-signal", Shows: "SIGNAL", initial: "TERM", Takes: into(&o.StopSignal, ParseSignal),
			Help: "the signal that asks a process to end, such as SIGINT or 2"},
		{Name: "websocket", initial: "tell", Takes: oneOf(&o.KeepWebSockets, "tell|keep", false, true),
			Help: "WebSockets of an old Node or Bun process: tell closes them with code 1012, so that clients connect again; keep moves those of Node to the new process, and clients notice nothing"},

		{group: "How connections reach the program", Name: "listen", Alias: "l", Shows: "ADDR",
			Takes: &value{Many: true, parse: o.addListen},
			Help:  "open this address, such as 4000 or unix:app.sock?mode=0660, before the first start, and pass it to the program in LISTEN_FDS"},
		{Name: "port", Shows: "auto|NUMBER", brief: "set PORT for the program; auto: a free port",
			Takes: into(&o.Port, parsePort),
			Help:  "tell the program this port in PORT; auto: the first free one from 4000 on, which the folder keeps from then on; auto=5000: from there on"},
		{Name: "proxy", Shows: "ADDR", Takes: into(&o.Proxy, parseOwn),
			Help: "where hotswap cannot hand sockets over, such as on macOS: accept at this address (4000 is 127.0.0.1:4000, :4000 all addresses), give each process a free port in PORT, and pass the bytes; the program sees 127.0.0.1 as its client"},
		{Name: "idle", initial: "0", Takes: duration(&o.Idle, false),
			Help: "end a program that has had no connection and no work for this time, and start it again for the next client, who waits; meanwhile a save starts nothing; 0: never"},
		{Name: "no-adapter", Takes: enabled(&o.NoAdapter),
			Help: "load nothing into Node, Bun and Python processes, and compile nothing into Go programs"},
		{Name: "interception", initial: "auto", Takes: oneOf(&o.NoInterception, "auto|never",
			false, true),
			Help: "auto: see the program bind its sockets, where the kernel allows that; never: only Node, Python and Go servers, which ask hotswap for their sockets, are replaced while the old process still serves"},

		{group: "What browsers are told", Name: "livereload", brief: "reload pages that load the script of port 35729",
			Takes: enabled(&o.LiveReload),
			Help:  "when a new process serves, reload the pages that contain http://localhost:35729/livereload.js"},

		{group: "Starting the next process before it is needed", Name: "no-warm", Takes: enabled(&o.NoWarm),
			Help: "keep no standby: do not start the next process ahead of a change (-v says why a program has no standby)"},
		{Name: "direct", initial: "auto", Takes: oneOf(&o.NoDirect, "auto|never", false, true),
			Help: "auto: from the second process on, start a Node program itself, without npm, sh, cross-env and tsx that only lead to it; never: run the whole command each time"},
		{Name: "standby-run", Shows: "FILE", Takes: list(&o.StandbyRun, asIs),
			Help: "run this file in a standby, before the change: one that Node's --import or --require names, or that a Python program imports"},

		{group: "hotswap itself", Name: "admin", Shows: "ADDR", Takes: into(&o.Admin, parseOwn),
			Help: "serve /metrics for Prometheus, /healthz and /readyz at this address; 9090 is 127.0.0.1:9090, :9090 all addresses"},
		{Name: "ui", Takes: &value{parse: into(&o.UI, parseUI).parse, boolean: true},
			Help: "serve a page that shows generations, the last failure and output, and has buttons, at a free port of 127.0.0.1; --ui=ADDR: at this address, with a token in the URL unless that is 127.0.0.1"},
		{Name: "log", initial: "text", Help: "the form of hotswap's own lines, on stderr",
			Takes: oneOf(&o.JSON, "text|json", false, true)},
		{Name: "events", Shows: "FILE|fd:N", Takes: into(&o.Events, parseEvents),
			Help: "append each of hotswap's own lines to this file, or to this descriptor, as JSON and without the program's lines"},
		{Name: "stdin", Takes: enabled(&o.Stdin),
			Help: "pass the keyboard to the program; hotswap has no keys then"},
		{Name: "detach", brief: "run in the background; return when it serves", Alias: "d", Takes: enabled(&o.Detach),
			Help: "run in the background, without a terminal; print the URL as soon as the program serves there, also where this hotswap runs already; hotswap logs has the output, hotswap stop ends it"},
		{Name: "name", Shows: "NAME", Takes: into(&o.Name, parseName),
			Help: "the name of this hotswap for commands, such as hotswap reload web; by default that of the Procfile's process (foreman, honcho, overmind), else of the script by which npm runs hotswap"},
		{Name: "verbose", Alias: "v", Takes: enabled(&o.Verbose), Help: "print more"},
	}
}

// Flags returns the options as flags, and fills in the defaults.
func (o *Options) Flags() (flags []cli.Flag) {
	group := ""
	o.rows = o.table()
	for _, row := range o.rows {
		row.group, row.Shows = cmp.Or(row.group, group), cmp.Or(row.Shows, row.Takes.shows)
		group = row.group
		row.Env = "HOTSWAP_" + strings.ToUpper(KeyName(row.Name))
		if row.initial != "" {
			if err := row.Takes.parse(row.initial); err != nil {
				panic(err)
			}
		}
		flags = append(flags, row)
	}
	return flags
}
