package options

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// Values of --handoff.
const (
	HandoffAuto      = "auto"
	HandoffListenFDs = "listenfds"
	HandoffNone      = "none"
)

func Flags() []cli.Flag {
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
		length("probation", 2*time.Second),
		texts("build"), yes("no-warm"), texts("no-preload"),
		yes("no-adapter"), texts("websocket"), length("websocket-spread", 0),
		&cli.StringFlag{Name: "handoff", Value: HandoffAuto, EnvVars: env("handoff")},
		&cli.StringFlag{Name: "strategy", Value: string(supervisor.Overlap), EnvVars: env("strategy")},
		&cli.StringFlag{Name: "stop-signal", Value: "TERM", EnvVars: env("stop-signal")},
		&cli.StringFlag{Name: "control", EnvVars: ControlVars()},
		&cli.StringFlag{Name: "output", Value: outputRelay, EnvVars: env("output")},
		&cli.StringFlag{Name: "log", Value: "text", EnvVars: env("log")},
		yes("verbose", "v"), yes("clear"), yes("stdin"),
	}
}

// options are the flags, checked.
type Options struct {
	Listen       []handoff.Endpoint
	Names        map[handoff.Endpoint]string
	Watch        []string
	Ignore       []string
	Ext          []string
	Quiet        time.Duration
	MaxWait      time.Duration
	Poll         bool
	NoWatch      bool
	OnlyLoaded   bool
	Ready        ReadyOption
	ReadyTimeout time.Duration
	DrainTimeout time.Duration
	Probation    time.Duration
	Build        []string // commands, for sh -c
	NoWarm       bool
	NoPreload    []string // packages
	NoAdapter    bool
	Websocket    []node.Rule
	Spread       time.Duration // over which WebSockets are told
	Canary       Canary
	MaxDraining  int
	ExitOnCrash  bool
	Handoff      string
	Strategy     supervisor.Strategy
	StopSignal   syscall.Signal
	Control      string // a path, controlNone, or "" for the place where all are
	Output       string
	Json         bool
	Verbose      bool
	Clear        bool
	Stdin        bool
}

func Read(c *cli.Context) (Options, error) {
	o := Options{
		Names: map[handoff.Endpoint]string{},
		Watch: c.StringSlice("watch"), Ignore: c.StringSlice("ignore"), Ext: c.StringSlice("ext"),
		Quiet: c.Duration("quiet-time"), MaxWait: c.Duration("max-wait"),
		Poll: c.Bool("poll"), NoWatch: c.Bool("no-watch"), OnlyLoaded: c.Bool("only-loaded"),
		ReadyTimeout: c.Duration("ready-timeout"), DrainTimeout: c.Duration("drain-timeout"),
		Probation: c.Duration("probation"),
		Build:     c.StringSlice("build"), NoWarm: c.Bool("no-warm"), NoPreload: c.StringSlice("no-preload"),
		NoAdapter: c.Bool("no-adapter"), Spread: c.Duration("websocket-spread"),
		MaxDraining: c.Int("max-draining"), ExitOnCrash: c.Bool("exit-on-crash"),
		Handoff: c.String("handoff"), Verbose: c.Bool("verbose"), Clear: c.Bool("clear"), Stdin: c.Bool("stdin"), Control: c.String("control"),
		Output: c.String("output"),
	}
	for _, text := range c.StringSlice("listen") {
		name, addr, named := strings.Cut(text, "=")
		if !named {
			name, addr = "", text
		}
		e, err := handoff.ParseEndpoint(addr)
		if err != nil {
			return o, exit.Usagef("--listen %w", err)
		}
		if slices.Contains(o.Listen, e) {
			return o, exit.Usagef("--listen %s: given twice", addr)
		}
		if named && (name == "" || strings.ContainsAny(name, ": ")) {
			return o, exit.Usagef("--listen %s: a name is not empty and has no colon or space", text)
		}
		o.Listen = append(o.Listen, e)
		if named {
			o.Names[e] = name
		}
	}
	if o.Output != outputRelay && o.Output != OutputDirect {
		return o, exit.Usagef("--output %s: give relay or direct", o.Output)
	}
	switch c.String("log") {
	case "json":
		o.Json = true
	case "text":
	default:
		return o, exit.Usagef("--log %s: give text or json", c.String("log"))
	}
	switch c.String("strategy") {
	case string(supervisor.Overlap):
	case string(supervisor.StopFirst):
		o.Strategy = supervisor.StopFirst
	default:
		return o, exit.Usagef("--strategy %s: give overlap or stop-first", c.String("strategy"))
	}
	if !slices.Contains([]string{HandoffAuto, HandoffListenFDs, HandoffNone}, o.Handoff) {
		return o, exit.Usagef("--handoff %s: give auto, listenfds or none", o.Handoff)
	}
	for name, d := range map[string]time.Duration{
		"quiet-time": o.Quiet, "max-wait": o.MaxWait, "ready-timeout": o.ReadyTimeout,
	} {
		if d <= 0 {
			return o, exit.Usagef("--%s %s: give a time longer than 0, such as 500ms or 10s", name, d)
		}
	}
	for name, d := range map[string]time.Duration{
		"drain-timeout": o.DrainTimeout, "probation": o.Probation, "websocket-spread": o.Spread,
	} {
		if d < 0 {
			return o, exit.Usagef("--%s %s: give a time such as 2s, or 0", name, d)
		}
	}
	if o.Spread > 0 && o.Spread >= o.DrainTimeout && o.DrainTimeout > 0 {
		return o, exit.Usagef("--websocket-spread %s: must be shorter than --drain-timeout, %s", o.Spread, o.DrainTimeout)
	}
	for _, text := range c.StringSlice("websocket") {
		rule, err := parseWebSocket(text)
		if err != nil {
			return o, exit.Usagef("--websocket %s: %w", text, err)
		}
		o.Websocket = append(o.Websocket, rule)
	}
	if o.Keeps() && o.NoAdapter {
		return o, exit.Usagef("--websocket keep needs the adapter: not with --no-adapter")
	}
	if o.MaxDraining < 1 {
		return o, exit.Usagef("--max-draining %d: give a number of at least 1", o.MaxDraining)
	}
	if text := c.String("canary"); text != "" {
		var err error
		if o.Canary, err = parseCanary(text); err != nil {
			return o, exit.Usagef("--canary %s: %w", text, err)
		}
		if o.Strategy == supervisor.StopFirst {
			return o, exit.Usagef("--canary needs two generations at once: not with --strategy stop-first")
		}
	}
	var err error
	if o.Ready, err = readReady(c.String("ready"), c.String("ready-status"), o.ReadyTimeout); err != nil {
		return o, err
	}
	if o.Ready.Kind == ReadyLog && o.Output == OutputDirect {
		return o, exit.Usagef("--ready log: reads the program's output, which --output direct keeps from being read")
	}
	if o.StopSignal, err = parseSignal(c.String("stop-signal")); err != nil {
		return o, exit.Usagef("--stop-signal: %w", err)
	}
	if o.Quiet > o.MaxWait {
		return o, exit.Usagef("--quiet-time %s is longer than --max-wait %s", o.Quiet, o.MaxWait)
	}
	if o.NoWatch && len(o.Watch)+len(o.Ignore)+len(o.Ext) > 0 {
		return o, exit.Usagef("--no-watch goes with none of --watch, --ignore and --ext")
	}
	if o.OnlyLoaded && (o.NoWatch || o.NoAdapter) {
		return o, exit.Usagef("--only-loaded goes with neither --no-watch nor --no-adapter, which tells what is loaded")
	}
	for _, command := range o.Build {
		if strings.TrimSpace(command) == "" {
			return o, exit.Usagef("--build %q: give a command, such as --build 'go build -o tmp/app .'", command)
		}
	}
	if o.OnlyLoaded && len(o.Build) > 0 {
		return o, exit.Usagef("--only-loaded goes not with --build, which reads what the program never loads")
	}
	if len(o.Names) > 0 && len(o.Names) < len(o.Listen) {
		return o, exit.Usagef("--listen: name all addresses or none, LISTEN_FDNAMES is positional")
	}
	return o, nil
}
