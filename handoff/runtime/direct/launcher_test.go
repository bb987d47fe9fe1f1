package direct

import (
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// process is one in a table: its file, arguments and some variables.
func process(exe, args string, env ...string) standby.Process {
	p := standby.Process{Exe: exe, Argv: strings.Split(args, "|"), Env: env, Dir: "/p"}
	if args == "" {
		p.Argv = nil
	}
	return p
}

func TestLaunchers(t *testing.T) {
	scripts := map[string]string{
		"dev": "cross-env A=1 tsx src/index.ts", "two": "tsc && node a.js", "pre": "node a.js", "prepre": "tsc", "post": "node a.js", "postpost": "rm x",
		"start": "node a.js", "ours": "N=$HOTSWAP_GENERATION node a.js",
	}
	node, shell := "/usr/bin/node", "/usr/bin/dash"
	script := func(event string) standby.Process {
		return process(shell, "sh|-c|"+scripts[event], "npm_lifecycle_event="+event, "npm_lifecycle_script="+scripts[event])
	}
	berry := func(event string) standby.Process { // which has a shell of its own
		return process(node, "node|a.js", "npm_lifecycle_event="+event, "BERRY_BIN_FOLDER=/tmp/xfs-1")
	}
	tsx, next := "node|/p/node_modules/tsx/dist/cli.mjs|src/index.ts", process(node, "node|a.js")
	for _, c := range []struct {
		p, next standby.Process
		command string
		middle  bool
		name    string
		why     string // "": it only starts the next one
	}{
		{p: process(node, "npm run dev"), next: script("dev"), name: "npm"},
		{p: process(node, "npm run dev"), next: script("dev"), command: "npm run dev", name: "npm"},
		{p: process(node, "/usr/bin/npm"), next: script("dev"), command: "/usr/bin/npm -s run dev -- --port 3", name: "npm"},
		{p: process(node, "npm start"), next: script("start"), name: "npm"},
		{p: process(node, "npm run dev -w api"), next: script("dev"), name: "npm"},
		{p: process(node, "npm run dev -w api -w web"), next: script("dev"), why: "option -w"},
		{p: process(node, "npm run dev --workspaces"), next: script("dev"), why: "option --workspaces"},
		{p: process(node, "npm run dev"), next: process(shell, "sh|-c|x", "npm_config_workspaces=true", "npm_lifecycle_event=dev"), why: "each workspace"},
		{p: process(node, "npm test"), next: script("dev"), why: "npm test"},
		{p: process(node, "npm run"), next: script("dev"), why: "does not say"},
		{p: process(node, "npm run pre"), next: script("pre"), why: "before or after"},
		{p: process(node, "npm run post"), next: script("post"), why: "before or after"},
		{p: process(node, "npm run two"), next: script("two"), why: "more than one command"},
		{p: process(node, "npm run dev"), next: script("start"), why: "not known how npm starts dev"},
		{p: process(node, "npm exec cross-env A=1 tsx src/index.ts"), next: process(shell, "sh|-c|x"), name: "npm"},
		{p: process(node, "node|/x/node_modules/pnpm/bin/pnpm.cjs|run|dev|--port|3"), next: script("dev"), name: "pnpm"},
		{p: process(node, "node|/x/node_modules/pnpm/bin/pnpm.cjs|dev"), next: script("dev"), name: "pnpm"},
		{p: process(node, "node|/x/node_modules/pnpm/bin/pnpm.cjs|-r|dev"), next: script("dev"), why: "option -r"},
		{p: process(node, "node|/x/node_modules/pnpm/bin/pnpm.cjs|--filter|api|dev"), next: script("dev"), why: "option --filter"},
		{p: process(node, "node|/x/node_modules/pnpm/bin/pnpm.cjs|install"), next: script("dev"), why: "not known"},
		{p: process(node, "node|/x/node_modules/pnpm/bin/pnpm.cjs|exec|tsx|--conditions=x|a.ts"), next: next, name: "pnpm"},
		{p: process(node, "node|/x/node_modules/yarn/bin/yarn.js|dev"), next: script("dev"), name: "yarn"},
		{p: process(node, "node|/x/node_modules/yarn/bin/yarn.js|pre"), next: script("pre"), why: "before or after"},
		{p: process(node, "node|/x/node_modules/yarn/bin/yarn.js|workspace|api|run|dev"), next: process(node, "node|/x/node_modules/yarn/bin/yarn.js|run|dev"), name: "yarn"},
		{p: process(node, "node|/x/node_modules/yarn/bin/yarn.js|dev"), next: process(node, "node|/p/.yarn/releases/yarn-4.18.1.cjs|dev"), name: "yarn"},
		{p: process(node, "node|/x/node_modules/yarn/bin/yarn.js|a|dev"), next: process(node, "node|/p/.yarn/releases/yarn-4.18.1.cjs|dev", "npm_lifecycle_event=a"), why: "not known how yarn starts a"},
		{p: process(node, "node|/p/.yarn/releases/yarn-4.18.1.cjs|dev"), next: berry("dev"), name: "yarn"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|workspace|api|dev"), next: berry("dev"), name: "yarn"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|two"), next: berry("two"), why: "more than one command"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|ours"), next: berry("ours"), why: "a variable of hotswap's"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|start"), next: berry("dev"), why: "not known how yarn starts start"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|exec|rm x; tsx|a.ts"), next: next, why: "more than one command"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|exec|tsx|a.ts"), next: next, name: "yarn"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|node|a.js"), next: next, name: "yarn"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|dlx|tsx|a.ts"), next: next, why: "not known how yarn starts dlx"},
		{p: process(node, "node|/x/node_modules/@yarnpkg/cli-dist/bin/yarn.js|workspaces|foreach|run|dev"), next: berry("dev"), why: "not known how yarn starts workspaces"},
		{p: process("/x/bun.exe", "bun|run|dev"), next: process(node, "node|x", script("dev").Env...), name: "bun"},
		{p: process("/x/bun", "bun|a.ts"), next: next, why: "not known"},

		{p: process(shell, "sh|-c|A=1 node 'a b.js' \"x;y\""), next: next, name: "sh"},
		{p: process(shell, "sh|-c|node $FILE"), next: next, name: "sh"},
		{p: process(shell, "sh|-c|tsc && node a.js"), next: next, why: "more than one"},
		{p: process(shell, "sh|-c|node a.js; rm x"), next: next, why: "more than one"},
		{p: process(shell, "sh|-c|node a.js | cat"), next: next, why: "more than one"},
		{p: process(shell, "sh|-c|node a.js >log"), next: next, why: "more than one"},
		{p: process(shell, "sh|-c|node a.js $(cat x)"), next: next, why: "more than one"},
		{p: process(shell, "sh|-c|node a.js \"`cat x`\""), next: next, why: "more than one"},
		{p: process(shell, "sh|-c|node \"$(cat x)\""), next: next, why: "more than one"},
		{p: process(shell, "sh|-c|node *.js"), next: next, why: "more than one"},
		{p: process(shell, "sh|-c|node a.js \"--id=$$\""), next: next, why: "another word each time"},
		{p: process(shell, "bash|-c|node a.js ${RANDOM}"), next: next, why: "another word each time"},
		{p: process(shell, "sh|-c|! node a.js"), next: next, why: `does "!"`},
		{p: process(shell, "sh|-c|A=1 time node a.js"), next: next, why: `does "time"`},
		{p: process(shell, "sh|-c|node 'a.js"), next: next, why: "more than one"},
		{p: process(shell, "sh|start.sh"), next: next, why: "more than one"},
		{p: process(shell, "sh|-lc|node a.js"), next: next, why: "more than one"},
		{p: process("/usr/bin/zsh", "zsh|-c|node a.js"), next: next, why: "zsh may do more"},

		{p: process(node, "node|/p/node_modules/cross-env/dist/bin/cross-env.js|A=1|tsx"), next: next, name: "cross-env"},
		{p: process(node, "node|/p/node_modules/cross-env/dist/bin/cross-env-shell.js|A=1 tsx"), next: next, why: "shell's text"},
		{p: process(node, "node|/p/node_modules/dotenv-cli/cli.js|-e|.env|node|a.js"), next: next, name: "dotenv-cli"},
		{p: process(node, "node|/p/node_modules/env-cmd/bin/env-cmd.js|node|a.js"), next: next, why: "may do more"}, // it runs .env-cmdrc.js
		{p: process(node, "node|/p/node_modules/@dotenvx/dotenvx/src/cli/dotenvx.js|run"), next: next, why: "may do more"},
		{p: process(node, tsx), next: next, name: "tsx"},
		{p: process(node, tsx), next: next, middle: true, why: "does not start the program itself"},
		{p: process(node, "node|/p/node_modules/tsx/dist/cli.mjs|watch|a.ts"), next: next, why: "tsx watch"},
		{p: process(node, "node|/p/node_modules/concurrently/dist/bin/concurrently.js|a|b"), next: next, why: "may do more"},
		{p: process(node, "node|/p/start.js"), next: next, why: "may do more"},
		{p: process(node, "node"), next: next, why: "may do more"},
		{p: process("/usr/bin/nice", "nice|node|a.js"), next: next, why: "nice may do more"},
		{p: process("/usr/bin/timeout", "timeout|9|npm"), next: next, command: "timeout 9 npm run dev", why: "timeout may do more"},
		{p: process("/usr/bin/python3", "npm|run|dev"), next: script("dev"), command: "npm run dev", why: "python3 may do more"},
	} {
		name, err := launcher(c.p, c.next, strings.Fields(c.command), !c.middle, func(string) (map[string]string, error) { return scripts, nil })
		switch {
		case c.why == "" && (err != nil || name != c.name):
			t.Errorf("%q, command %q: %q, %v; want %s", c.p.Argv, c.command, name, err, c.name)
		case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%q, command %q: %v; want %q", c.p.Argv, c.command, err, c.why)
		}
	}
}

// A shell's text counts as one command only if a shell would run one command.
func FuzzOneCommand(f *testing.F) {
	for _, s := range []string{"node a.js", "A=1 node 'x y' \"$B\"", "a && b", "a \"`b`\"", "'a;b'", "a\nb", "a #b", "if a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if oneCommand(text) != nil {
			return
		}
		quoted := false
		for _, r := range text {
			quoted = quoted != (r == '\'' || r == '"')
			if !quoted && strings.ContainsRune("\n`", r) && !strings.ContainsAny(text, `'"`) {
				t.Errorf("%q", text)
			}
		}
		if strings.Contains(text, "`") && !strings.Contains(text, "'") {
			t.Errorf("%q runs a command in backquotes", text)
		}
	})
}
