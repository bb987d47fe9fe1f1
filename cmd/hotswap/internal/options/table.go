package options

import (
	"cmp"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// table returns every option. The command line, the variables, the defaults and the help
// follow from it.
func (o *Options) table() []*option {
	return []*option{
		{group: "What starts a swap", name: "watch", brief: "watch this folder instead, or these files, too",
			alias: "w", shows: "PATH|GLOB", takes: list(&o.Watch, asIs),
			help: "watch this path instead of the current directory, or files that match this pattern in addition; what is named so counts also if no process has loaded it"},
		{name: "ignore", brief: "never react to files that match", alias: "i", shows: "GLOB",
			takes: list(&o.Ignore, asIs), help: "never react to files that match"},
		{name: "quiet-time", initial: "0", takes: duration(&o.Quiet, false),
			help: "a batch of changes is complete when nothing changes for this time; 0: 15ms after a single file that is closed, else 60ms; 150ms waits for most formatters"},
		{name: "no-watch", brief: "swap only at a signal, a key or hotswap reload", takes: enabled(&o.NoWatch),
			help: "watch no files: only a signal, a key or hotswap reload starts a swap"},
		{name: "build", brief: "run this command before each start", shows: "COMMAND",
			takes: list(&o.builds, parseBuild), adds: true, help: "run this command before each start, while the old process serves; if it fails, the old process goes on serving; commands run in order; hotswap.yaml also has some for files that change"},
		{name: "env-file", shows: "FILE", takes: list(&o.EnvFile, asIs),
			help: "read variables for the program from this file before each start; the environment of hotswap itself counts more"},

		{group: "When a new process takes over", name: "ready", shows: "WHEN",
			brief: "listen (default), start, notify, URL, log:REGEXP", initial: "listen",
			takes: into(&o.Ready, parseReady), help: "when a new process is ready; listen: it listens; start: at once, for a worker that listens nowhere; notify: it sends READY=1; a URL: that answers; log:REGEXP: a line of its output matches"},
		{name: "ready-timeout", initial: "60s", takes: duration(&o.ReadyTimeout, true),
			help: "give up a new process that is not ready after this time"},
		{name: "probation", initial: "2s", takes: duration(&o.Probation, false),
			help: "if the new process ends within this time after the swap, the old one serves again, because it still runs; 0: the old one drains at once"},
		{name: "strategy", initial: "auto",
			help:  "overlap, or stop-first: stop the old process before the new one starts, while clients wait; auto: stop-first once the program has something open that only one process may have, such as a database",
			takes: oneOf(&o.Strategy, "auto|overlap|stop-first", supervisor.Auto, supervisor.Overlap, supervisor.StopFirst)},
		{name: "max-crashes", shows: "COUNT", initial: "0", takes: into(&o.MaxCrashes, parseCount),
			help: "when the program has crashed so many times in a row and no other process can serve, end with its exit code, for another supervisor to restart hotswap; 0: never"},

		{group: "What becomes of the old process", name: "drain-timeout",
			brief: "kill an old process after this time (default 10s)", initial: "10s",
			takes: duration(&o.DrainTimeout, false),
			help:  "kill an old process that has not finished its work after this time; 0: never, unless more than 32 wait"},
		{name: "stream-timeout", takes: duration(&o.StreamTimeout, true),
			help: "let an old process live for this time while an answer is being sent and read, such as a stream; by default 5m with --no-watch, else without end, but for the three newest such processes only"},
		{name: "stop-delay", initial: "0", takes: duration(&o.StopDelay, false),
			help: "at SIGTERM and hotswap stop, serve on for this time, while /readyz of --admin says 503, so that a load balancer leaves first"},
		{name: "stop-signal", shows: "SIGNAL", initial: "TERM", takes: into(&o.StopSignal, ParseSignal),
			help: "the signal that asks a process to end, such as SIGINT or 2"},
		{name: "websocket", initial: "tell", takes: oneOf(&o.KeepWebSockets, "tell|keep", false, true),
			help: "WebSockets of an old Node or Bun process: tell closes them with code 1012, so that clients connect again; keep moves those of Node to the new process, and clients notice nothing"},

		{group: "How connections reach the program", name: "listen", alias: "l", shows: "ADDR",
			takes: &value{many: true, parse: o.addListen},
			help:  "open this address, such as 4000 or unix:app.sock?mode=0660, before the first start, and pass it to the program in LISTEN_FDS"},
		{name: "port", shows: "auto|NUMBER", brief: "set PORT for the program; auto: a free port",
			takes: into(&o.Port, parsePort),
			help:  "tell the program this port in PORT; auto: the first free one from 4000 on, which the folder keeps from then on; auto=5000: from there on"},
		{name: "proxy", shows: "ADDR", takes: into(&o.Proxy, parseOwn),
			help: "where hotswap cannot hand sockets over, such as on macOS: accept at this address (4000 is 127.0.0.1:4000, :4000 all addresses), give each process a free port in PORT, and pass the bytes; the program sees 127.0.0.1 as its client"},
		{name: "idle", initial: "0", takes: duration(&o.Idle, false),
			help: "end a program that has had no connection and no work for this time, and start it again for the next client, who waits; meanwhile a save starts nothing; 0: never"},
		{name: "no-adapter", takes: enabled(&o.NoAdapter),
			help: "load nothing into Node, Bun and Python processes, and compile nothing into Go programs"},
		{name: "interception", initial: "auto", takes: oneOf(&o.NoInterception, "auto|never",
			false, true),
			help: "auto: see the program bind its sockets, where the kernel allows that; never: only Node, Python and Go servers, which ask hotswap for their sockets, are replaced while the old process still serves"},

		{group: "What browsers are told", name: "livereload", brief: "reload pages that load the script of port 35729",
			takes: enabled(&o.LiveReload),
			help:  "when a new process serves, reload the pages that contain http://localhost:35729/livereload.js"},

		{group: "Starting the next process before it is needed", name: "no-warm", takes: enabled(&o.NoWarm),
			help: "keep no standby: do not start the next process ahead of a change (-v says why a program has no standby)"},
		{name: "direct", initial: "auto", takes: oneOf(&o.NoDirect, "auto|never", false, true),
			help: "auto: from the second process on, start a Node program itself, without npm, sh, cross-env and tsx that only lead to it; never: run the whole command each time"},
		{name: "standby-run", shows: "FILE", takes: list(&o.StandbyRun, asIs),
			help: "run this file in a standby, before the change: one that Node's --import or --require names, or that a Python program imports"},

		{group: "hotswap itself", name: "admin", shows: "ADDR", takes: into(&o.Admin, parseOwn),
			help: "serve /metrics for Prometheus, /healthz and /readyz at this address; 9090 is 127.0.0.1:9090, :9090 all addresses"},
		{name: "ui", takes: &value{parse: into(&o.UI, parseUI).parse, boolean: true},
			help: "serve a page that shows generations, the last failure and output, and has buttons, at a free port of 127.0.0.1; --ui=ADDR: at this address, with a token in the URL unless that is 127.0.0.1"},
		{name: "log", initial: "text", help: "the form of hotswap's own lines, on stderr",
			takes: oneOf(&o.JSON, "text|json", false, true)},
		{name: "events", shows: "FILE|fd:N", takes: into(&o.Events, parseEvents),
			help: "append each of hotswap's own lines to this file, or to this descriptor, as JSON and without the program's lines"},
		{name: "stdin", takes: enabled(&o.Stdin),
			help: "pass the keyboard to the program; hotswap has no keys then"},
		{name: "detach", brief: "run in the background; return when it serves", alias: "d", takes: enabled(&o.Detach),
			help: "run in the background, without a terminal; print the URL as soon as the program serves there, also where this hotswap runs already; hotswap logs has the output, hotswap stop ends it"},
		{name: "name", shows: "NAME", takes: into(&o.Name, parseName),
			help: "the name of this hotswap for commands, such as hotswap reload web; by default that of the Procfile's process (foreman, honcho, overmind), else of the script by which npm runs hotswap"},
		{name: "verbose", alias: "v", takes: enabled(&o.Verbose), help: "print more"},
	}
}

// Flags returns the options as flags, and fills in the defaults.
func (o *Options) Flags() (flags []cli.Flag) {
	group := ""
	o.rows = o.table()
	for _, row := range o.rows {
		row.group, row.shows = cmp.Or(row.group, group), cmp.Or(row.shows, row.takes.shows)
		group = row.group
		row.env = "HOTSWAP_" + strings.ToUpper(KeyName(row.name))
		if row.initial != "" {
			if err := row.takes.parse(row.initial); err != nil {
				panic(err)
			}
		}
		flags = append(flags, row)
	}
	return flags
}
