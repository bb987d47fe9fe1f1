package bun

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const words = `{"bun":"1.4.4","argv":["/usr/bin/bun","/p/src/app.ts","x"],"dir":"/p","main":"/p/src/app.ts","began":["bun:main"]}
`

func TestPlan(t *testing.T) {
	for text, why := range map[string]string{
		words: "",
		`{"bun":"1","argv":["/usr/bin/bun","-e"],"dir":"/p","began":[]}` + "\n": "",
		`{"bun":"1","argv":["/usr/bin/bun","/p/a.ts"],"dir":"/p","began":["/p/setup.ts"]}` +
			"\n": "bunfig.toml preloads /p/setup.ts",
		`{"bun":"1","argv":["b"],"dir":"/p","began":["/p/node_modules/x/register.js"]}` +
			"\n": "register.js, which would run early",
		`{"bun":"1","argv":[],"dir":"/p"}` + "\n": "has not told",
		strings.TrimSuffix(words, "\n"):           "has not told",
	} {
		r := testkit.Must(read(strings.NewReader(text)))(t)
		p, _, err := r.plan(standby.Request{Known: standby.Remember("", "")})
		if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", text, err, why)
		}
		if err == nil && (p.Dir != "/p" || !slices.Equal(p.Argv, r.Argv)) {
			t.Errorf("%s: %+v", text, p)
		}
	}
	if _, err := read(strings.NewReader("{\"argv\":1}\n")); err == nil {
		t.Error("a report of another form is read")
	}
}

// A program that restarts itself has no standby, and a change of the program's file or of
// another one does not matter, but that of what Bun reads before does.
func TestSpec(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		testkit.Write(t, path, text)
		return path
	}
	main, other := put("src/app.ts", ""), put("src/other.ts", "")
	put("package.json", "{}")
	p := program{report{Version: "1", Argv: []string{"bun", main}, Dir: dir, Main: main}, 1}
	path := func(argv ...string) []standby.Process {
		return []standby.Process{{Exe: "/usr/bin/bun", Argv: argv}}
	}
	for option, why := range map[string]string{"--watch": "by themselves", "--hot": "by themselves",
		"--inspect": "debugger", "--inspect-brk=:0": "debugger", "--smol": ""} {
		_, err := p.Spec(standby.Request{Known: standby.Remember("", ""), Path: path("bun", option, "src/app.ts")})
		if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("bun %s: %v, want %q", option, err, why)
		}
	}
	if !p.Rereads(main) || p.Rereads(other) {
		t.Error("Bun reads the program's file after a standby is resumed, and is not known to read another one")
	}
	for _, name := range []string{"package.json", "src/tsconfig.json", ".env.local", "bunfig.toml"} {
		s, err := p.Spec(standby.Request{Known: standby.Remember("", ""), Path: path("bun", "src/app.ts")})
		if err != nil || len(s.Choice.Packages) > 0 || s.Variable != StandbyVariable {
			t.Fatalf("%+v, %v", s, err)
		}
		put("src/app.ts", name)
		if err := s.Files.Validate(s.Settings()); err != nil {
			t.Errorf("the program's file has changed: %v", err)
		}
		put(name, "{ }")
		if s.Files.Validate(s.Settings()) == nil {
			t.Errorf("%s has changed, and the standby is used", name)
		}
	}
}

func TestRules(t *testing.T) {
	rules := Runtime{}.Rules()
	for exe, is := range map[string]bool{"bun": true, "bun.exe": true, "bunx": true, "bunny": false, "node": false,
		"bundle": false} {
		if rules.IsMain(exe) != is {
			t.Errorf("%s: %t", exe, !is)
		}
	}
}
