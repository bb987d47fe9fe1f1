// Package options has the options of hotswap, in one table: from the table follow the
// flags, the HOTSWAP_ variables, the defaults, the checks of each value, and the help.
package options

import (
	"cmp"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// BuildName is the place of a rule that --build gives.
const BuildName = "--build"

// Options are the options of one run of hotswap. Their defaults, names and meanings are
// in the table of [Options.Flags].
type Options struct {
	Watch          []string
	Ignore         []string
	Quiet          time.Duration
	NoWatch        bool
	Rules          []rule.Rule // of the file, then of --build
	EnvFile        []string
	Ready          Ready
	ReadyTimeout   time.Duration
	Probation      time.Duration
	Strategy       supervisor.Strategy
	MaxCrashes     int           // in a row, until hotswap ends; 0: it goes on
	DrainTimeout   time.Duration // 0: no limit
	StreamTimeout  time.Duration // 0: the default
	StopDelay      time.Duration
	Idle           time.Duration // 0: the program never sleeps
	StopSignal     syscall.Signal
	KeepWebSockets bool
	Listen         []handoff.Endpoint
	ListenMode     map[handoff.Endpoint]uint32 // of a path; 0: as the umask gives
	Port           Port                        // that the program is told
	Proxy          handoff.Endpoint            // zero: there is none
	NoAdapter      bool
	NoInterception bool             // --interception never
	UI             handoff.Endpoint // the live page's; zero: there is none
	LiveReload     bool
	NoDirect       bool // --direct never
	NoWarm         bool
	StandbyRun     []string         // files of the project
	Admin          handoff.Endpoint // zero: there is none
	JSON           bool             // --log json
	Events         string           // a file; "": none
	Stdin          bool
	Detach         bool
	Name           string // by which commands find this hotswap; "": none
	Verbose        bool

	rows []*Option // of Flags

	builds []rule.Rule // of --build
}

// File is what a file gives. The zero value is no file.
type File struct {
	Values map[string][]Given // by the names of the options
	Rules  []rule.Rule
}

// Given is one value of an option. Where says where it was given, and comes before Text in an
// error, such as "hotswap.yaml:12:16: drain_timeout: ".
type Given struct{ Where, Text string }

// Read fills in what the command line gives, or else the environment, or else the file,
// and checks the whole. It comes after the library has parsed the flags.
func (o *Options) Read(file File) error {
	for _, row := range o.rows {
		if err := row.parse(file.Values[row.Name]); err != nil {
			return err
		}
	}
	o.Name = cmp.Or(o.Name, givenName())
	o.Rules = slices.Concat(file.Rules, o.builds)
	o.LiveReload = o.LiveReload || slices.ContainsFunc(o.Rules, func(r rule.Rule) bool { return r.Browser != "" })
	return o.check()
}

// parseOwn reads an address at which hotswap itself listens: a port alone is one of this machine.
func parseOwn(text string) (handoff.Endpoint, error) {
	text = strings.TrimSpace(text)
	if _, err := strconv.Atoi(text); err == nil {
		text = "127.0.0.1:" + text
	}
	return handoff.ParseEndpoint(text)
}

// Proxies reports whether connections pass through hotswap.
func (o *Options) Proxies() bool { return o.Proxy != handoff.Endpoint{} }

// parseUI reads --ui, with or without an address.
func parseUI(text string) (e handoff.Endpoint, err error) {
	yes, err := strconv.ParseBool(text)
	if err != nil {
		return parseOwn(text)
	}
	if yes {
		e.Network, e.Addr = "tcp4", netip.MustParseAddrPort("127.0.0.1:0")
	}
	return e, nil
}

// check reports options that do not go together.
func (o *Options) check() error {
	for _, file := range o.StandbyRun {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			return exit.Usagef("--standby-run %s: no such file", file)
		}
	}
	switch {
	case o.KeepWebSockets && o.NoAdapter:
		return exit.Usagef("--websocket keep needs the adapter: not with --no-adapter")
	case o.Idle > 0 && o.Ready.Kind == ReadyStart:
		return exit.Usagef("--idle needs a program with a port, which a client can wake: not with --ready start")
	case o.Proxies() && len(o.Listen) > 0:
		return exit.Usagef("--proxy opens its address itself: not with --listen")
	case o.Proxies() && o.Port != Port{}:
		return exit.Usagef("--proxy gives each process a port of its own in PORT: not with --port")
	case o.Proxies() && o.KeepWebSockets:
		return exit.Usagef("--websocket keep moves connections that reach the program itself: not with --proxy")
	}
	return nil
}

// inFile finds the file and the line in [Given.Where].
var inFile = lazy.Pattern(`^(.+:[0-9]+):[0-9]+: `)

// Place returns where the user gave a value of an option: "hotswap.yaml:5", "HOTSWAP_IGNORE" or
// "--ignore". Without a value it returns the place of the first.
func (o *Options) Place(name, value string) string {
	i := slices.IndexFunc(o.rows, func(row *Option) bool { return row.Name == name })
	for _, g := range o.rows[i].given {
		if value != "" && g.Text != value {
			continue
		}
		if m := inFile().FindStringSubmatch(g.Where); m != nil {
			return m[1]
		}
		return strings.TrimRight(g.Where, " =")
	}
	return "--" + name
}
