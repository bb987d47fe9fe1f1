package direct

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A command that hotswap does not know may have given the program credentials, also if nobody sees it any more.
func TestUnknown(t *testing.T) {
	place(t)
	for _, name := range []string{"vault", "usr/bin/vault", "usr/bin/aws-vault", "usr/bin/env", "usr/bin/timeout",
		"usr/bin/uv", "usr/bin/make", "usr/bin/python", "usr/bin/direnv"} {
		testkit.NoError(t, os.WriteFile(name, nil, 0o755))
	}
	testkit.NoError(t, os.MkdirAll("y", 0o755))
	testkit.NoError(t, os.WriteFile("y/package.json", []byte(`{"scripts":{"dev":"aws-vault exec x -- node a.js"}}`),
		0o600))
	node := func(args string, env ...string) standby.Process { return process("usr/bin/node", args, env...) }
	runs := func(text string) standby.Process {
		return node("node|a.js", "npm_lifecycle_event=dev", "npm_lifecycle_script="+text)
	}
	npm := node("npm run dev||")
	for _, c := range []struct {
		command string
		path    []standby.Process
		who     string
	}{
		{"node|a.js", []standby.Process{node("node|a.js")}, ""},
		{"node|a.js", []standby.Process{node("a title||")}, ""},
		{"python|app.py", []standby.Process{process("usr/bin/python", "/usr/bin/python|app.py")}, ""},
		{"p/a.ts|--x", []standby.Process{node("node|p/a.ts|--x")}, ""},
		{"./vault|node|a.js", []standby.Process{node("node|a.js")}, "./vault"},
		{"vault|node|a.js", []standby.Process{node("node|a.js")}, "vault"},
		{"node|vault.js|a.js", []standby.Process{node("node|a.js")}, "node"}, // process.execve
		{"p/start.sh", []standby.Process{node("node|a.js")}, "p/start.sh"},
		{"aws-vault|exec|x|--|node|a.js", []standby.Process{node("node|a.js")}, "aws-vault"},
		{"direnv|exec|.|node|a.js", []standby.Process{node("node|a.js")}, "direnv"},
		{"env|-u|B|A=1|node|a.js", []standby.Process{node("node|a.js")}, ""},
		{"env|A=1|./vault|node|a.js", []standby.Process{node("node|a.js")}, "./vault"},
		{"env|A=1", []standby.Process{node("node|a.js")}, "env"},
		{"./env|node|a.js", []standby.Process{node("node|a.js")}, "./env"},
		{"timeout|5|node|a.js", []standby.Process{process("usr/bin/timeout", "timeout|5|node|a.js"), node("node|a.js")},
			""},
		{"timeout|5|vault|node|a.js", []standby.Process{process("usr/bin/timeout", "timeout|5|vault|node|a.js"),
			node("node|a.js")}, "vault"},
		{"make|dev", []standby.Process{process("usr/bin/make", "make|dev"), node("node|a.js")}, "make"},
		{"uv|run|app.py", []standby.Process{process("usr/bin/uv", "uv|run|app.py"),
			process("usr/bin/python", "python|app.py")}, ""},
		{"uv|run|vault|app.py", []standby.Process{process("usr/bin/uv", "uv|run|vault|app.py"),
			process("usr/bin/python", "python|app.py")}, "vault"},
		{"tsx|a.ts", []standby.Process{node("node|p/node_modules/.bin/tsx|a.ts"), node("node|a.ts")}, ""},
		{"cross-env|A=1|node|a.js", []standby.Process{node("node|p/node_modules/cross-env/x.js|A=1|node|a.js"),
			node("node|a.js")}, ""},
		{"cross-env|A=1|vault|node|a.js",
			[]standby.Process{node("node|p/node_modules/cross-env/x.js|A=1|vault|node|a.js"), node("node|a.js")},
			"vault"},
		{"npm|run|dev", []standby.Process{npm, process("usr/bin/dash", "sh|-c|node a.js"), runs("node a.js")}, ""},
		{"npm|run|dev", []standby.Process{npm, runs("cd y && exec node a.js")}, ""},
		{"npm|run|dev", []standby.Process{npm, runs("aws-vault exec x -- node a.js")}, "aws-vault"},
		{"npm|run|dev", []standby.Process{npm, runs("read T <t; export T; node a.js")}, "read"},
		{"npm|run|dev", []standby.Process{npm, runs("T=$(cat t) node a.js")}, "a shell"},
		{"yarn|dev", []standby.Process{npm, {Exe: "usr/bin/node", Argv: []string{"node", "a.js"}, Dir: "y",
			Env: []string{"npm_lifecycle_event=dev", "PATH=" + os.Getenv("PATH")}}}, "aws-vault"},
		{"npx|tsx|a.ts", []standby.Process{npm, node("node|a.ts")}, ""},
		{"npx|vault|node|a.js", []standby.Process{npm, node("node|a.js")}, "vault"},
		{"sh|-c|cd y && node $X", []standby.Process{node("node|a.js")}, ""},
		{"sh|-c|./vault node a.js", []standby.Process{node("node|a.js")}, "./vault"},
		{"sh|-c|$V node a.js", []standby.Process{node("node|a.js")}, "its command"},
		{"sh|p/start.sh", []standby.Process{node("node|a.js")}, "a shell"},
	} {
		for i := range c.path {
			c.path[i].Exe, _ = filepath.Abs(c.path[i].Exe)
		}
		if who := Unknown(strings.Split(c.command, "|"), c.path); who != c.who {
			t.Errorf("%s: %q, want %q", c.command, who, c.who)
		}
	}
}
