package engine

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// at and page are the places of an address and of a URL that answers, in the options of the tests below.
var at, page = handoff.Endpoint{Network: "tcp4"}, &url.URL{Scheme: "http"}

// mechanisms says which options choose a mechanism.
var mechanisms = map[string]func(*options.Options){
	"intercepted": func(*options.Options) {},
	"held":        func(o *options.Options) { o.NoInterception = true },
	"proxied":     func(o *options.Options) { o.Proxy = at },
	"passed": func(o *options.Options) {
		o.NoInterception, o.NoAdapter, o.Listen = true, true, []handoff.Endpoint{at}
	},
	"none": func(o *options.Options) { o.NoInterception, o.NoAdapter = true, true },
}

// activator is the variant in which a socket activator, and not --listen, has opened the address.
const activator = "a socket activator"

// variants are options that each mechanism is tried with, after those that choose the mechanism.
var variants = []struct {
	name   string
	change func(*options.Options)
}{
	{"alone", func(*options.Options) {}},
	{"--listen ADDRESS", func(o *options.Options) { o.Listen = []handoff.Endpoint{at} }},
	{activator, func(o *options.Options) { o.Listen = nil }},
	{"--no-adapter", func(o *options.Options) { o.NoAdapter = true }},
	{"--ready URL", func(o *options.Options) {
		o.Ready = options.Ready{Kind: options.ReadyHTTP, Text: "the page", URL: page}
	}},
	{"--ready notify", func(o *options.Options) { o.Ready.Kind = options.ReadyNotify }},
	{"--idle 1h", func(o *options.Options) { o.Idle = time.Hour }},
	{"--strategy overlap", func(o *options.Options) { o.Strategy = supervisor.Overlap }},
	{"--strategy stop-first", func(o *options.Options) { o.Strategy = supervisor.StopFirst }},
	{"--no-watch", func(o *options.Options) { o.NoWatch = true }},
	{"--no-warm", func(o *options.Options) { o.NoWarm = true }},
	{"--direct never", func(o *options.Options) { o.NoDirect = true }},
}

// Each mechanism does what its file in testdata/mechanism says, alone and with further options, of which the file has
// only the lines that differ.
func TestMechanisms(t *testing.T) {
	t.Setenv("TMPDIR", testkit.ShortDir(t))
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	page.Host = server.Listener.Addr().String()
	for name, choose := range mechanisms {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			var alone []string
			for _, v := range variants {
				at.Addr = testkit.FreeAddress(t, "127.0.0.1")
				o := options.Options{Strategy: supervisor.Auto, Probation: time.Second}
				choose(&o)
				v.change(&o)
				if o.Proxies() && len(o.Listen) > 0 {
					continue // package options refuses that
				}
				c := Config{Options: o}
				if v.name == activator {
					c.Activation = systemd.Activation{{Endpoint: at, FD: listen(t)}}
				}
				text := strings.NewReplacer(at.Addr.String(), "ADDRESS", page.Host, "PAGE").Replace(properties(t, c))
				all := slices.Collect(strings.Lines(text))
				fmt.Fprintf(&got, "# %s\n%s%s", v.name, without("-", alone, all), without("+", all, alone))
				if alone == nil {
					alone = all
				}
			}
			file := filepath.Join("testdata", "mechanism", name+".txt")
			want, _ := os.ReadFile(file)
			if got.String() != string(want) {
				t.Errorf("%s should be:\n%s", file, got.String())
			}
		})
	}
}

// without returns the lines that others do not have, after a sign.
func without(sign string, lines, others []string) (out string) {
	for _, line := range lines {
		if !slices.Contains(others, line) {
			out += sign + " " + line
		}
	}
	return out
}

// listen opens the address as systemd does.
func listen(t *testing.T) (fd int) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	l := testkit.Must(lc.Listen(t.Context(), "tcp4", at.Addr.String()))(t)
	defer l.Close()
	return testkit.Must(unix.Dup(rights.FD(l.(*net.TCPListener))))(t)
}

// properties returns what an engine with this configuration does, a line for each property.
func properties(t *testing.T, c Config) string {
	var lines strings.Builder
	say := func(property string, values ...any) {
		fmt.Fprintln(&lines, append([]any{property + ":"}, values...)...)
	}
	c.Supervisor.Environ = func() (supervisor.Environment, error) { return supervisor.Environment{}, nil }
	e := New(nil)
	cfg, err := e.configure(c)
	if err != nil {
		say("error", err)
		e.Close()
		return lines.String()
	}

	say("strategy", cfg.Policy.Strategy)
	say("ready", "at start", cfg.Policy.ReadyAtStart, "listening at", cfg.Policy.MustListen)
	say("started", "ahead", cfg.Warmer != nil, "directly", cfg.Shortcut != nil)
	launch := &handoff.Launch{Gen: 1}
	var sessions []handoff.Session
	for _, transport := range cfg.Transports {
		own := handoff.Launch{Gen: 1, Files: launch.Files, Filter: launch.Filter}
		sessions = append(sessions, testkit.Must(transport.Prepare(&own))(t))
		for i, kv := range own.Env {
			own.Env[i], _, _ = strings.Cut(kv, "=")
		}
		say("a transport", "adds", own.Env)
		launch = &own
	}
	say("the program", "gets descriptors", len(launch.Files), "a filter", launch.Filter != nil)
	say("told", "writes", e.Writes != nil, "of builds", cfg.BuildTransports != nil, "reads of Python", e.Python != nil)
	say("clients", "are adopted", cfg.Adopt != nil, "relayed", cfg.Relay != nil, "debuggers detached",
		cfg.Detach != nil)

	var queues []string
	waits := e.Mechanism.Queues(func(at handoff.Endpoint, _ int) { queues = append(queues, at.String()) })
	say("queues", queues, "of accepted clients", waits)
	moved, _, err := cfg.Registry.Cutover(1)
	say("gates", cfg.Registry.Endpoints(1), "cutover to", moved, err)
	parked, err := cfg.Registry.QueueConnections(1)
	say("parked", parked, err)

	ctx, cancel := context.WithCancel(t.Context())
	never := func() bool { return false }
	spec := run.DrainSpec{Gen: 1, Steered: true, Tree: func() []int { return nil }, Last: never, Streams: never}
	err = cfg.Drainer(spec).Run(ctx, func(r report.DrainReport) {
		say("drain", fmt.Sprintf("%+v", r))
		cancel()
	})
	say("drained", err)
	st := report.Status{Generation: 1, Generations: []report.GenerationStatus{{ID: 1, PID: os.Getpid()}}}
	e.Count(&st)
	say("status", "proxy", st.Proxy, "connections", st.Generations[0].Connections)
	say("upgrade", e.Upgradable())
	say("the compiler", "is waited for", e.Mechanism.NeedsAdapter())
	if e.Why != nil {
		say("words", e.Why, "-", e.Mechanism.Use(len(c.Options.Listen) > 0, e.Strategy))
	}
	say("no adapter", e.NoAdapter)
	for _, s := range sessions {
		if closer, ok := s.(io.Closer); ok {
			testkit.NoError(t, closer.Close())
		}
	}
	e.Close()
	_, err = net.Dial("tcp", at.Addr.String())
	say("closed", err)
	return lines.String()
}
