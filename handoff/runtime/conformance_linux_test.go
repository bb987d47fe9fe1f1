package runtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/golang"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The adapters of all languages answer as testdata/conformance.txt says, each in a program of its language.
func TestConformance(t *testing.T) {
	goes := compiled(t) // which sets where all of them have their caches
	js := testkit.Must(filepath.Abs("js"))(t)
	inNode := node.Script(filepath.Join(js, "adapter.cjs")).Environ(nil, "", false)
	inBun := []string{"BUN_OPTIONS=--preload=" + filepath.Join(js, "bun/hotswap.mjs"), "HOTSWAP_BUN=" + t.TempDir()}
	inPython := []string{"PYTHONPATH=" + testkit.Must(filepath.Abs("python/site"))(t), "HOTSWAP_PYTHON=" + t.TempDir()}
	uvicorn := []string{"/usr/bin/uvicorn", "python:app", "--app-dir=testdata", "--log-level=warning",
		"--timeout-keep-alive=60"}
	gunicorn := []string{"/usr/bin/gunicorn", "wsgi:app", "--chdir=testdata", "--threads=12", "--keep-alive=60"}
	const bun = "../../examples/fleet/node_modules/.bin/bun" // npm ci in examples/fleet
	for name, program := range map[string]program{
		"node":             {[]string{"node", "testdata/node.cjs"}, inNode, true, 2},
		"bun":              {[]string{bun, "testdata/bun.mjs"}, inBun, false, 0},
		"python h11":       {append(uvicorn, "--http=h11", "--loop=asyncio"), inPython, true, 2},
		"python httptools": {append(uvicorn, "--http=httptools", "--loop=uvloop"), inPython, true, 2},
		"python gthread":   {gunicorn, inPython, true, 0},
		"go":               {[]string{goes}, nil, true, 2},
		"puma": {[]string{"puma", "-C", "testdata/puma.rb"},
			[]string{"RUBYOPT=-r" + testkit.Must(filepath.Abs("ruby/adapter"))(t) + "/hotswap"}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(program.command[0]); err != nil {
				if os.Getenv("HOTSWAP_E2E") != "" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			program.plays(t)
			if program.whole {
				program.handlesPieces(t)
			}
		})
	}
}

// compiled returns the program of Go.
func compiled(t *testing.T) string {
	t.Helper()
	cache := testkit.Must(exec.Command("go", "env", "GOCACHE").Output())(t)
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache))) // which is elsewhere with another XDG_CACHE_HOME
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path := filepath.Join(t.TempDir(), "program")
	a := golang.New(t.Context(), "testdata/go", os.Environ(), nil, (*exec.Cmd).Run, func(golang.State, error) {})()
	a.Await()
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir, cmd.Env = "testdata/go", a.Environ(os.Environ())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// program is one that serves HTTP at PORT.
type program struct {
	command, env []string
	whole        bool // its adapter knows the connections, and moves them
	ahead        int  // requests that a client may send before the one before is answered; puma loses some
}

// play is the script with a program.
type play struct {
	*testkit.Adapter
	program
	t       *testing.T
	at      string
	clients map[string]*testkit.Conn
	moved   map[string]*testkit.Conn // other ends of the clients' connections, by their names
}

// starts runs the program, and returns its adapter, and where it listens.
func (p program) starts(t *testing.T) (adapter *testkit.Adapter, at string) {
	t.Helper()
	wire := testkit.OpenWire(t, "js")
	port := testkit.FreePort(t)
	cmd := exec.Command(p.command[0], p.command[1:]...)
	at = "127.0.0.1:" + port
	cmd.Env = append(os.Environ(), append(p.env, "PORT="+port, "UVICORN_PORT="+port, "GUNICORN_CMD_ARGS=-b "+at,
		"HOTSWAP_WIRE="+wire.Path)...)
	process := testkit.Start(t, cmd)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(process.Output())
		}
	})
	testkit.Reachable(t, at)
	adapter = wire.Joined()
	if l := adapter.Until("listening"); strconv.Itoa(l.Port) != port || p.whole && l.At != at {
		t.Fatalf("%+v", l)
	}
	return adapter, at
}

func (p program) plays(t *testing.T) {
	adapter, at := p.starts(t)
	adapter.Keeps = true
	text := testkit.Must(os.ReadFile("testdata/conformance.txt"))(t)
	for _, scene := range strings.Split(string(text), "\n== ")[1:] {
		title, steps, _ := strings.Cut(scene, "\n")
		if strings.HasSuffix(title, ")") && !p.whole {
			continue
		}
		t.Log(title)
		s := &play{adapter, p, t, at, map[string]*testkit.Conn{}, map[string]*testkit.Conn{}}
		for step := range strings.Lines(strings.TrimSpace(steps)) {
			s.repeats(strings.TrimSpace(step))
		}
		for _, c := range slices.Concat(slices.Collect(maps.Values(s.clients)), slices.Collect(maps.Values(s.moved))) {
			c.Close()
		}
		if !strings.Contains(steps, "hotswap .") {
			s.does("hotswap", `{"type":"resume"}`)
			s.does("state", `{"connections":0,"busy":0}`)
		}
	}
}

// repeats does what a step says as often as it says.
func (p *play) repeats(step string) {
	p.t.Helper()
	first, rest, _ := strings.Cut(step, " ")
	n, err := strconv.Atoi(first)
	if err != nil {
		n, rest = 1, step
	}
	now := time.Now()
	times := strings.NewReplacer("$at", p.at, "$now", fmt.Sprint(now.UnixMilli()),
		"$later", fmt.Sprint(now.Add(time.Hour).UnixMilli()), `\r\n`, "\r\n")
	for i := range n {
		p.t.Log(rest)
		who, what, _ := strings.Cut(times.Replace(strings.ReplaceAll(rest, "#", strconv.Itoa(i))), " ")
		p.does(who, what)
	}
}

func (p *play) does(who, what string) {
	p.t.Helper()
	side, with, _ := strings.Cut(who, "+")
	switch {
	case who == "state":
		p.Look(what, func(s testkit.State) bool { return p.fits(s, what) })
	case who == "tells":
		for m := p.Until("state"); m.Seq != 0 || !p.fits(m.State, what); {
			m = p.Until("state")
		}
	case who == "adapter" && strings.Contains(what, `"move"`):
		c := p.Moved()
		for name, client := range p.clients {
			if client.LocalAddr().String() == c.RemoteAddr().String() {
				p.moved[name] = c
			}
		}
		if c.At != p.at {
			p.t.Fatalf("moved from %s", c.At)
		}
	case who == "adapter":
		var want testkit.Message
		testkit.NoError(p.t, json.Unmarshal([]byte(what), &want))
		got := p.Until(want.Type)
		if got.Error != "" {
			got.Error = "*"
		}
		if got != want {
			p.t.Fatalf("%+v", got)
		}
	case who == "hotswap" && what == ".":
		p.Close()
		testkit.Eventually(p.t, func() error {
			c := testkit.ConnOf(p.t, testkit.Dial(p.t, p.at))
			if _, _, ends := c.Get("/").Answer(); ends {
				return errors.New("the answer says that the connection ends")
			}
			return c.Close()
		})
	case who == "hotswap":
		p.Say(what)
	case side == "hotswap":
		p.SayWith(rights.FD(p.moved[with].Conn.(syscall.Conn)), what)
	default:
		how, text, _ := strings.Cut(what, " ")
		p.client(who, how, text)
	}
}

// fits reports whether a state has these fields, as far as the adapter knows them.
func (p *play) fits(got testkit.State, fields string) bool {
	p.t.Helper()
	want := got
	testkit.NoError(p.t, json.Unmarshal([]byte(fields), &want))
	return want == got || !p.whole && want.Busy == got.Busy
}

// client has a client do what a step says.
func (p *play) client(name, how, text string) {
	p.t.Helper()
	c := p.clients[name]
	if c == nil {
		c = testkit.ConnOf(p.t, testkit.Dial(p.t, p.at))
		p.clients[name] = c
	}
	path, events := strings.CutPrefix(text, "events ")
	switch {
	case how == ">" && events:
		c.Get(path, "Accept: text/event-stream", "Cache-Control: no-cache")
	case how == ">" && strings.HasPrefix(text, "/"):
		c.Get(text)
	case how == ">":
		c.Send(text)
	case how == "@":
		p.moved[name].Asked(text)
	case how == "<" || how == "<|":
		if ends := c.Hears(200, text); ends != (how == "<|") {
			p.t.Fatalf("the answer says that the connection ends: %t", ends)
		}
		if how == "<|" && p.whole {
			c.Ended()
		}
	case how == "~":
		for line := "none yet"; strings.TrimSpace(line) != text; {
			line = testkit.Must(c.ReadString('\n'))(p.t)
		}
	case how == "!":
		_ = p.moved[name].Close()
	case how == ".":
		c.Close()
	}
}
