package direct

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

type unset struct{ err error }

func (u unset) Began(standby.Process) error { return u.err }

// What makes the whole command run.
func TestWhoIsNotJudged(t *testing.T) {
	node := "/usr/bin/node"
	tsx := process(node, "node|/p/node_modules/tsx/dist/cli.mjs|a.ts", "A=1")
	for why, c := range map[string]struct {
		path    []standby.Process
		program any
	}{
		string(None):            {[]standby.Process{process(node, "node|a.js")}, unset{}},
		"by its launchers only": {[]standby.Process{tsx, process("/usr/bin/python3", "python3|a.py")}, nil},
		"a title":               {[]standby.Process{tsx, process(node, "node|a.ts")}, unset{errors.New("a title")}},
		"may do more": {[]standby.Process{process(node, "node|start.js"), process(node, "node|a.ts")},
			unset{}},
		"a channel to it": {[]standby.Process{tsx, process(node, "node|a.ts", "A=1", "NODE_CHANNEL_FD=3")},
			unset{}},
		"file of BASH_ENV": {[]standby.Process{tsx, process(node, "node|a.ts", "A=1", "BASH_ENV=x")}, unset{}},
		"script-shell": {[]standby.Process{tsx,
			process(node, "node|a.ts", "A=1", "npm_config_script_shell=x")}, unset{}},
		"not what it was": {[]standby.Process{tsx, process(node, "node|a.ts", "A=1", "A=2")}, unset{}},
		"a variable of hotswap's": {[]standby.Process{process("/bin/sh", "sh|-c|N=$HOTSWAP_GENERATION node a.js"),
			process(node, "node|a.js")}, unset{}},
		// it has no process
		"no such file or dir": {[]standby.Process{tsx, process(node, "node|a.ts", "A=1")}, unset{}},
		"has changed its folder": {[]standby.Process{tsx, {Exe: node, Argv: []string{"node", "a.ts"},
			Dir: "/elsewhere"}}, unset{}},
	} {
		s, err := New(handoff.Launch{}, c.path, c.program)
		if s != nil || !strings.Contains(fmt.Sprint(err), why) {
			t.Errorf("%v, want %q", err, why)
		}
	}
}

// A launch is changed as a whole, or not at all.
func TestApply(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		testkit.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	put("package.json", "{}")
	main := standby.Process{Exe: "/usr/bin/node", Argv: []string{"node", "a.ts"}, Dir: dir,
		Env: []string{"A=1", "HOTSWAP_GENERATION=1", "B=2"}}
	start := func() *Start {
		s := &Start{Launchers: []standby.Process{{Exe: "/bin/sh", Argv: []string{"sh", "-c", "B=2 node a.ts"}, Dir: dir,
			Env: []string{"A=1", "HOTSWAP_GENERATION=1"}}}, program: main}
		s.files, s.began = s.settings(), s.Launchers[0].Env
		s.files.Take(s.read()...)
		return s
	}
	launch := func() *handoff.Launch {
		return &handoff.Launch{Argv: []string{"npm", "run", "dev"}, Env: []string{"A=1", "HOTSWAP_GENERATION=2"}}
	}
	l := launch()
	testkit.Must(start().Apply(l))(t)
	slices.Sort(l.Env)
	if l.Path != main.Exe || l.Dir != dir || !slices.Equal(l.Argv, main.Argv) ||
		!slices.Equal(l.Env, []string{"A=1", "B=2", "HOTSWAP_GENERATION=2"}) {
		t.Errorf("%+v", l)
	}
	put("a.ts", "the program's own file")
	if err := start().Valid(); err != nil {
		t.Error(err)
	}
	for why, c := range map[string]func(*Start, *handoff.Launch){
		"passes sockets":           func(_ *Start, l *handoff.Launch) { l.ListenPID = true },
		"A has changed":            func(_ *Start, l *handoff.Launch) { l.Env[0] = "A=2" },
		"/gone is gone":            func(s *Start, _ *handoff.Launch) { s.pipes = "/gone" },
		"package.json has changed": func(*Start, *handoff.Launch) { put("package.json", `{"a":1}`) },
		".env is new":              func(*Start, *handoff.Launch) { put(".env", "A=3") },
		".npmrc has changed":       func(*Start, *handoff.Launch) { put(".npmrc", "a=b") },
	} {
		s, l := start(), launch()
		c(s, l)
		argv := slices.Clone(l.Argv)
		if _, err := s.Apply(l); err == nil || !strings.Contains(err.Error(), why) || !slices.Equal(l.Argv, argv) ||
			l.Path != "" {
			t.Errorf("%v, want %q; launch %+v", err, why, l)
		}
		for _, name := range []string{".env", ".npmrc"} {
			_ = os.Remove(filepath.Join(dir, name))
		}
	}
	s := start()
	put("a.ts", "a save")
	if err := s.Valid(); err != nil {
		t.Errorf("a save of the program: %v", err)
	}
}
