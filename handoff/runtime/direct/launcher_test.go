package direct

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// process is one in a table: its file, arguments and some variables.
func process(exe, args string, env ...string) standby.Process {
	p := standby.Process{Exe: exe, Argv: strings.Split(args, "|"),
		Env: append([]string{"PATH=p/node_modules/.bin:usr/bin"}, env...), Dir: "."}
	if args == "" {
		p.Argv = nil
	}
	return p
}

// place makes the files of the tables below, and goes there. A program is empty.
func place(t *testing.T) {
	t.Chdir(t.TempDir())
	const script, shim = "#!/usr/bin/env node\n",
		"#!/bin/sh\nexport NODE_PATH=x\nif a; then\n  exec node  \"$basedir/../tsx/dist/cli.mjs\" \"$@\"\nfi\n"
	for name, text := range map[string]string{
		"usr/bin/node": "", "usr/bin/dash": "", "usr/bin/setpriv": "",
		"usr/lib/node_modules/npm/bin/npm-cli.js": script,
		"x/node_modules/pnpm/bin/pnpm.cjs":        script, "x/node_modules/yarn/bin/yarn.js": script,
		"p/node_modules/tsx/dist/cli.mjs": script,
		"p/node_modules/.bin/cross-env":   script, "p/node_modules/.bin/shim": shim, "p/shim": shim, "p/a.ts": script,
		"p/start.sh":   "#!/bin/sh\nexec node a.js\n",
		"p/seals/node": "#!/bin/sh\nexec setpriv --no-new-privs node \"$@\"\n",
	} {
		testkit.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		testkit.NoError(t, os.WriteFile(name, []byte(text), 0o755))
	}
	for name, to := range map[string]string{
		"usr/bin/sh": "dash", "usr/bin/npm": "../lib/node_modules/npm/bin/npm-cli.js",
		"p/node_modules/.bin/tsx": "../tsx/dist/cli.mjs", "p/current": "../usr/bin/node",
	} {
		testkit.NoError(t, os.Symlink(to, name))
	}
}

// What a text runs is the next process only if the first word is its file.
func TestTexts(t *testing.T) {
	place(t)
	for _, c := range []struct{ text, next, why string }{
		{"node a.js", "node|a.js", ""},
		{" A=1 B='x y' node 'a b.js' \"x;y\" --port=$PORT", "node|a b.js|x;y|--port=3", ""},
		{"MARK=$X node a.js", "node|a.js with MARK=1", ""},
		{"node a.js", "node|a.js with MARK=1", "what has set the variable MARK"}, // it has executed itself once more
		{"node a.js", "node|a.js with BASH_FUNC_node%%=()", "another program"},
		{"node $FILE", "node|a.js", ""},
		{"p/current a.js", "p/current|a.js", ""},
		{"tsx src/a.ts", "node|p/node_modules/.bin/tsx|src/a.ts", ""},
		{"p/a.ts --x", "node|p/a.ts|--x", ""},
		{"shim a.ts", "node|p/node_modules/.bin/../tsx/dist/cli.mjs|a.ts", ""},
		{"npm run dev", "npm run dev||", ""},
		{"npm run dev", "npm run dev|more", "npm may do more than to start node"},
		{"node start.js", "node|a.js", "node may do more"}, // it has executed another
		{"setpriv --bounding-set=-all node a.js", "node|a.js", "setpriv may do more"},
		{"p/start.sh", "node|a.js", "start.sh may do more"},
		// No package manager wrote it.
		{"p/shim a.ts", "node|p/node_modules/.bin/../tsx/dist/cli.mjs|a.ts", "shim may do more"},
		{"p/seals/node a.js", "node|a.js", "node may do more"},
		{"exec node a.js", "node|a.js", "exec may do more"},
		{"$RUN node a.js", "node|a.js", "not known what starts"},
		{"PATH=/p:$PATH node a.js", "node|a.js", "another program"},
		{"tsc && node a.js", "node|a.js", "more than one"},
		{"node *.js", "node|a.js", "more than one"},
		{"node a.js \"--id=$$\"", "node|a.js", "another word each time"},
		{"N=$HOTSWAP_GENERATION node a.js", "node|a.js", "a variable of hotswap's"},
	} {
		argv, env, _ := strings.Cut(c.next, " with ")
		sh, next := process("usr/bin/dash", "sh|-c|"+c.text), process("usr/bin/node", argv, strings.Fields(env)...)
		_, err := new(judge).launcher(sh, next, nil, true)
		if c.why == "" && err != nil || c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) {
			t.Errorf("%s: %v, want %q", c.text, err, c.why)
		}
	}
}

func TestLaunchers(t *testing.T) {
	scripts := map[string]string{
		"dev": "cross-env A=1 tsx src/index.ts", "two": "tsc && node a.js", "pre": "node a.js", "prepre": "tsc",
		"post": "node a.js", "postpost": "rm x",
		"start": "node a.js", "ours": "N=$HOTSWAP_GENERATION node a.js", "sealed": "setpriv node a.js",
	}
	place(t)
	testkit.NoError(t, os.WriteFile("package.json", testkit.Must(json.Marshal(standby.Manifest{Scripts: scripts}))(t),
		0o600))
	node, shell := "usr/bin/node", "usr/bin/dash"
	script := func(event string) standby.Process {
		return process(shell, "sh|-c|"+scripts[event], "npm_lifecycle_event="+event, "npm_lifecycle_script="+
			scripts[event])
	}
	tsx, next := "node|p/node_modules/tsx/dist/cli.mjs|src/index.ts", process(node, "node|a.js")
	for _, c := range []struct {
		p, next standby.Process
		command string
		middle  bool
		name    string
		why     string // "": it only starts the next one
	}{
		{p: process(node, "npm run dev"), next: script("dev"), name: "npm"},
		{p: process(node, "npm run dev"), next: script("dev"), command: "npm run dev", name: "npm"},
		{p: process(node, "usr/bin/npm"), next: script("dev"), command: "usr/bin/npm -s run dev -- --port 3",
			name: "npm"},
		{p: process(node, "npm start"), next: script("start"), name: "npm"},
		{p: process(node, "npm run dev -w api"), next: script("dev"), name: "npm"},
		{p: process(node, "npm run dev -w api -w web"), next: script("dev"), why: "option -w"},
		{p: process(node, "npm run dev --workspaces"), next: script("dev"), why: "option --workspaces"},
		{p: process(node, "npm run dev"), next: process(shell, "sh|-c|x", "npm_config_workspaces=true",
			"npm_lifecycle_event=dev"), why: "each workspace"},
		{p: process(node, "npm test"), next: script("dev"), why: "not known how npm"},
		{p: process(node, "npm restart"), next: script("start"), why: "not known how npm"},
		{p: process(node, "npm run pre"), next: script("pre"), why: "before or after"},
		{p: process(node, "npm run post"), next: script("post"), why: "before or after"},
		{p: process(node, "npm run dev"), next: script("start"), why: "not known how npm starts the script start"},
		{p: process(node, "npm exec cross-env A=1 tsx src/index.ts"), next: process(shell, "sh|-c|x"), name: "npm"},
		{p: process(node, "node|x/node_modules/pnpm/bin/pnpm.cjs|run|dev|--port|3"), next: script("dev"), name: "pnpm"},
		{p: process(node, "node|x/node_modules/pnpm/bin/pnpm.cjs|dev"), next: script("dev"), name: "pnpm"},
		{p: process(node, "node|x/node_modules/pnpm/bin/pnpm.cjs|-r|dev"), next: script("dev"), why: "option -r"},
		{p: process(node, "node|x/node_modules/pnpm/bin/pnpm.cjs|--filter|api|dev"), next: script("dev"),
			why: "option --filter"},
		{p: process(node, "node|x/node_modules/pnpm/bin/pnpm.cjs|install"), next: script("dev"), why: "not known"},
		{p: process(node, "node|x/node_modules/pnpm/bin/pnpm.cjs|exec|tsx|--conditions=x|a.ts"),
			next: process(node, "node|p/node_modules/.bin/tsx|--conditions=x|a.ts"), name: "pnpm"},
		{p: process(node, "node|x/node_modules/pnpm/bin/pnpm.cjs|exec|setpriv|node|a.js"), next: next,
			why: "setpriv may do more"},
		{p: process(node, "npm run sealed"), next: process(node, "node|a.js", script("sealed").Env...),
			why: "setpriv may do more"},
		// of a shell that became it
		{p: process(node, "npm run start"), next: process(node, "node|a.js", script("start").Env...), name: "npm"},
		{p: process(node, "npm run start"),
			next: process(node, "node|a.js", append(script("start").Env, "PATH=p/seals:usr/bin")...),
			why:  "node may do more"},
		{p: process(node, "node|x/node_modules/yarn/bin/yarn.js|dev"), next: script("dev"), why: "yarn may do more"},

		{p: process(shell, "sh|start.sh"), next: next, why: "more than one"},
		{p: process(shell, "sh|-lc|node a.js"), next: next, why: "more than one"},
		{p: process(node, "node|--run|start"),
			// npm has run hotswap
			next: process(shell, "sh|-c|node a.js", "npm_lifecycle_event=hot", "npm_lifecycle_script=hotswap"),
			name: "node --run"},
		{p: process(node, "node|--run|two"), next: script("two"), why: "node may do more"}, // in Bun's shell unseen
		{p: process("x/bun", "bun|run|dev"), next: script("dev"), name: "bun run"},
		{p: process("usr/bin/zsh", "zsh|-c|node a.js"), next: next, why: "zsh may do more"},

		{p: process(node, "node|p/node_modules/cross-env/dist/bin/cross-env.js|A=1|node|a.js"),
			next: process(node, "node|a.js", "A=1"), name: "cross-env"},
		{p: process(node, "node|p/node_modules/cross-env/dist/bin/cross-env.js|A=1|node|a.js"),
			next: process(node, "node|a.js", "A=1", "B=2"), why: "set the variable B"},
		{p: process(node, "node|p/node_modules/cross-env/dist/bin/cross-env.js|A=1|setpriv|node|a.js"), next: next,
			why: "setpriv may do more"},
		{p: process(node, "node|p/node_modules/cross-env/dist/bin/cross-env-shell.js|A=1 tsx"), next: next,
			why: "not known what starts"},
		{p: process(node, "node|p/node_modules/dotenv-cli/cli.js|-e|.env|node|a.js"), next: next, name: "dotenv-cli"},
		// it runs .env-cmdrc.js
		{p: process(node, "node|p/node_modules/env-cmd/bin/env-cmd.js|node|a.js"), next: next, why: "may do more"},
		{p: process(node, "node|p/node_modules/@dotenvx/dotenvx/src/cli/dotenvx.js|run"), next: next,
			why: "may do more"},
		{p: process(node, tsx), next: next, name: "tsx"},
		{p: process(node, tsx), next: next, middle: true, why: "does not start the program itself"},
		{p: process(node, "node|p/node_modules/tsx/dist/cli.mjs|watch|a.ts"), next: next, why: "tsx watch"},
		{p: process(node, "node|p/start.js"), next: next, why: "may do more"},
		{p: process(node, "node"), next: next, why: "may do more"},
		{p: process("usr/bin/timeout", "timeout|9|npm"), next: next, command: "timeout 9 npm run dev",
			why: "timeout may do more"},
		{p: process("usr/bin/python3", "npm|run|dev"), next: script("dev"), command: "npm run dev",
			why: "python3 may do more"},
	} {
		name, err := new(judge).launcher(c.p, c.next, strings.Fields(c.command), !c.middle)
		switch {
		case c.why == "" && (err != nil || name != c.name):
			t.Errorf("%q, command %q: %q, %v; want %s", c.p.Argv, c.command, name, err, c.name)
		case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%q, command %q: %v; want %q", c.p.Argv, c.command, err, c.why)
		}
	}
}
