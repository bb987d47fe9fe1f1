package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// Values of --handoff.
const (
	handoffAuto      = "auto"
	handoffListenFDs = "listenfds"
	handoffNone      = "none"
)

func runFlags() []cli.Flag {
	env := func(name string) []string {
		v := "HOTSWAP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if os.Getenv(v) == "" {
			return nil // empty is as good as not set, as in a Compose file: ${X:-}
		}
		return []string{v}
	}
	texts := func(name string, alias ...string) cli.Flag {
		return &cli.StringSliceFlag{Name: name, Aliases: alias, EnvVars: env(name)}
	}
	length := func(name string, d time.Duration) cli.Flag {
		return &cli.DurationFlag{Name: name, Value: d, EnvVars: env(name)}
	}
	yes := func(name string, alias ...string) cli.Flag {
		return &cli.BoolFlag{Name: name, Aliases: alias, EnvVars: env(name)}
	}
	return []cli.Flag{
		texts("listen", "l"), texts("watch", "w"), texts("ignore", "i"), texts("ext", "e"),
		length("quiet-time", 60*time.Millisecond), length("max-wait", 2*time.Second),
		yes("poll"), yes("no-watch"), yes("only-loaded"),
		&cli.StringFlag{Name: "ready", Value: "listen", EnvVars: env("ready")},
		&cli.StringFlag{Name: "ready-status", EnvVars: env("ready-status")},
		length("ready-timeout", time.Minute), length("drain-timeout", 10*time.Second),
		&cli.IntFlag{Name: "max-draining", Value: 32, EnvVars: env("max-draining")},
		&cli.StringFlag{Name: "canary", EnvVars: env("canary")}, yes("exit-on-crash"),
		length("probation", 2*time.Second), length("overlap-delay", 0),
		texts("build"), yes("warm"), yes("no-warm"), texts("no-preload"),
		yes("no-adapter"), texts("websocket"), length("websocket-spread", 0),
		&cli.StringFlag{Name: "handoff", Value: handoffAuto, EnvVars: env("handoff")},
		&cli.StringFlag{Name: "strategy", Value: supervisor.Overlap.String(), EnvVars: env("strategy")},
		&cli.StringFlag{Name: "stop-signal", Value: "TERM", EnvVars: env("stop-signal")},
		&cli.StringFlag{Name: "control", EnvVars: controlVars()},
		&cli.StringFlag{Name: "output", Value: outputRelay, EnvVars: env("output")},
		&cli.StringFlag{Name: "log", Value: "text", EnvVars: env("log")},
		yes("verbose", "v"), yes("clear"), yes("stdin"),
	}
}

// controlVars are the variables that say --control for a hotswap that is to run:
// none below another hotswap, which has set it to its own socket.
func controlVars() []string {
	if os.Getenv(runEnv) != "" {
		return nil
	}
	return []string{controlEnv}
}

// options are the flags, checked.
type options struct {
	listen       []handoff.Endpoint
	names        map[handoff.Endpoint]string
	watch        []string
	ignore       []string
	ext          []string
	quiet        time.Duration
	maxWait      time.Duration
	poll         bool
	noWatch      bool
	onlyLoaded   bool
	ready        readyOption
	readyTimeout time.Duration
	drainTimeout time.Duration
	probation    time.Duration
	overlapDelay time.Duration
	build        []string // commands, for sh -c
	warm         bool     // insist: tell why there is no standby
	noWarm       bool
	noPreload    []string // packages
	noAdapter    bool
	websocket    []node.Rule
	spread       time.Duration // over which WebSockets are told
	canary       canary
	maxDraining  int
	exitOnCrash  bool
	handoff      string
	strategy     supervisor.Strategy
	stopSignal   syscall.Signal
	control      string // a path, controlNone, or "" for the place where all are
	output       string
	json         bool
	verbose      bool
	clear        bool
	stdin        bool
}

func readOptions(c *cli.Context) (options, error) {
	o := options{
		names: map[handoff.Endpoint]string{},
		watch: c.StringSlice("watch"), ignore: c.StringSlice("ignore"), ext: c.StringSlice("ext"),
		quiet: c.Duration("quiet-time"), maxWait: c.Duration("max-wait"),
		poll: c.Bool("poll"), noWatch: c.Bool("no-watch"), onlyLoaded: c.Bool("only-loaded"),
		readyTimeout: c.Duration("ready-timeout"), drainTimeout: c.Duration("drain-timeout"),
		probation: c.Duration("probation"), overlapDelay: c.Duration("overlap-delay"),
		build: c.StringSlice("build"), warm: c.Bool("warm"), noWarm: c.Bool("no-warm"), noPreload: c.StringSlice("no-preload"),
		noAdapter: c.Bool("no-adapter"), spread: c.Duration("websocket-spread"),
		maxDraining: c.Int("max-draining"), exitOnCrash: c.Bool("exit-on-crash"),
		handoff: c.String("handoff"), verbose: c.Bool("verbose"), clear: c.Bool("clear"), stdin: c.Bool("stdin"), control: c.String("control"),
		output: c.String("output"),
	}
	for _, text := range c.StringSlice("listen") {
		name, addr, named := strings.Cut(text, "=")
		if !named {
			name, addr = "", text
		}
		e, err := handoff.ParseEndpoint(addr)
		if err != nil {
			return o, usagef("--listen %w", err)
		}
		if slices.Contains(o.listen, e) {
			return o, usagef("--listen %s: given twice", addr)
		}
		if named && (name == "" || strings.ContainsAny(name, ": ")) {
			return o, usagef("--listen %s: a name is not empty and has no colon or space", text)
		}
		o.listen = append(o.listen, e)
		if named {
			o.names[e] = name
		}
	}
	if o.output != outputRelay && o.output != outputDirect {
		return o, usagef("--output %s: give relay or direct", o.output)
	}
	if err := o.checkWarm(); err != nil {
		return o, err
	}
	switch c.String("log") {
	case "json":
		o.json = true
	case "text":
	default:
		return o, usagef("--log %s: give text or json", c.String("log"))
	}
	switch c.String("strategy") {
	case supervisor.Overlap.String():
	case supervisor.StopFirst.String():
		o.strategy = supervisor.StopFirst
	default:
		return o, usagef("--strategy %s: give overlap or stop-first", c.String("strategy"))
	}
	if !slices.Contains([]string{handoffAuto, handoffListenFDs, handoffNone}, o.handoff) {
		return o, usagef("--handoff %s: give auto, listenfds or none", o.handoff)
	}
	for name, d := range map[string]time.Duration{
		"quiet-time": o.quiet, "max-wait": o.maxWait, "ready-timeout": o.readyTimeout,
	} {
		if d <= 0 {
			return o, usagef("--%s %s: give a time longer than 0, such as 500ms or 10s", name, d)
		}
	}
	for name, d := range map[string]time.Duration{
		"drain-timeout": o.drainTimeout, "probation": o.probation, "overlap-delay": o.overlapDelay, "websocket-spread": o.spread,
	} {
		if d < 0 {
			return o, usagef("--%s %s: give a time such as 2s, or 0", name, d)
		}
	}
	if o.spread > 0 && o.spread >= o.drainTimeout && o.drainTimeout > 0 {
		return o, usagef("--websocket-spread %s: must be shorter than --drain-timeout, %s", o.spread, o.drainTimeout)
	}
	for _, text := range c.StringSlice("websocket") {
		rule, err := parseWebSocket(text)
		if err != nil {
			return o, usagef("--websocket %s: %w", text, err)
		}
		o.websocket = append(o.websocket, rule)
	}
	if o.keeps() && o.noAdapter {
		return o, usagef("--websocket keep needs the adapter: not with --no-adapter")
	}
	if o.maxDraining < 1 {
		return o, usagef("--max-draining %d: give a number of at least 1", o.maxDraining)
	}
	if text := c.String("canary"); text != "" {
		var err error
		if o.canary, err = parseCanary(text); err != nil {
			return o, usagef("--canary %s: %w", text, err)
		}
		if o.strategy == supervisor.StopFirst {
			return o, usagef("--canary needs two generations at once: not with --strategy stop-first")
		}
	}
	var err error
	if o.ready, err = readReady(c.String("ready"), c.String("ready-status"), o.readyTimeout); err != nil {
		return o, err
	}
	if o.ready.kind == readyLog && o.output == outputDirect {
		return o, usagef("--ready log: reads the program's output, which --output direct keeps from being read")
	}
	if o.stopSignal, err = parseSignal(c.String("stop-signal")); err != nil {
		return o, usagef("--stop-signal: %w", err)
	}
	if o.quiet > o.maxWait {
		return o, usagef("--quiet-time %s is longer than --max-wait %s", o.quiet, o.maxWait)
	}
	if o.noWatch && len(o.watch)+len(o.ignore)+len(o.ext) > 0 {
		return o, usagef("--no-watch goes with none of --watch, --ignore and --ext")
	}
	if o.onlyLoaded && (o.noWatch || o.noAdapter) {
		return o, usagef("--only-loaded goes with neither --no-watch nor --no-adapter, which tells what is loaded")
	}
	for _, command := range o.build {
		if strings.TrimSpace(command) == "" {
			return o, usagef("--build %q: give a command, such as --build 'go build -o tmp/app .'", command)
		}
	}
	if o.onlyLoaded && len(o.build) > 0 {
		return o, usagef("--only-loaded goes not with --build, which reads what the program never loads")
	}
	if len(o.names) > 0 && len(o.names) < len(o.listen) {
		return o, usagef("--listen: name all addresses or none, LISTEN_FDNAMES is positional")
	}
	return o, nil
}

// describe is a duration for people: three digits at most.
func describe(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
