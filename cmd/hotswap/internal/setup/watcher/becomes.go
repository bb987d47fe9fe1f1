package watcher

import (
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
)

// unwrap is for a watcher that runs the command in its arguments: rerun, watchexec, reflex.
func unwrap(t *taking) bool {
	rest := t.args[t.rest:]
	if t.rest > 0 { // an option that the row does not have may take the next word
		t.f.Refuse = "hotswap does not know its option " + t.args[0].Raw + ": give hotswap the command behind the options"
		return true
	}
	if len(rest) == 0 {
		return false
	}
	script := shell.Join(rest)
	if len(rest) == 1 && rest[0].Known {
		script = rest[0].Text
	}
	t.script(script)
	return true
}

// script takes a shell script that the watcher runs again and again. Steps before the last
// become rules, which run while the old process serves.
func (t *taking) script(script string) {
	lead := t.withoutRunner()
	leaves, ok := shell.Parse(script)
	if ok && len(leaves) == 1 && leaves[0].From == 0 && leaves[0].To == len(strings.TrimRight(script, " ")) {
		t.command(slices.Concat(lead, leaves[0].Words))
		return
	}
	if steps, last, ok := shell.Chain(script, leaves); ok && len(lead) == 0 {
		for _, step := range steps {
			t.f.Rules = append(t.f.Rules, Rule{Run: step})
		}
		t.command(last)
		return
	}
	if len(lead) > 0 {
		script = shell.Join(append(slices.Clone(lead), shell.Plain("sh"), shell.Plain("-c"), shell.Plain(script)))
	}
	t.f.Command = script
}

// buildThen is for a compiler that runs a program after each success: tsc-watch, tsup.
func buildThen(t *taking) bool {
	commands := t.values(run)
	if len(commands) == 0 {
		return false // only a compiler
	}
	if len(commands) > 1 || !commands[0].Known {
		t.f.Refuse = "hotswap does not know what it runs"
		return true
	}
	t.f.Rules = append(t.f.Rules, Rule{Run: shell.Join(t.same())})
	t.lead = nil
	t.script(commands[0].Text)
	return true
}

// watchfiles is for watchfiles 'command' path…
func watchfiles(t *taking) bool {
	rest := t.args[t.rest:]
	if len(rest) == 0 || t.rest > 0 || !rest[0].Known {
		return false
	}
	for _, dir := range rest[1:] {
		t.take(option{"path", true, watch}, dir)
	}
	if !strings.Contains(rest[0].Text, " ") && strings.Contains(rest[0].Text, ".") {
		t.f.Refuse = "it calls a Python function; give hotswap a command such as python -m …"
		return true
	}
	t.script(rest[0].Text)
	return true
}

// compileDaemon is for CompileDaemon -build=… -command=…
func compileDaemon(t *taking) bool {
	command := "" // without one it only builds
	for _, w := range t.values(run) {
		command = w.Text
	}
	compile := "go build"
	for _, w := range t.values(build) {
		compile = w.Text
	}
	if command == "" {
		return false
	}
	t.f.Rules = append(t.f.Rules, Rule{Run: compile})
	t.script(command)
	return true
}

// cargoWatch is for cargo watch -x run.
func cargoWatch(t *taking) bool {
	var steps []string
	for _, g := range t.given {
		if !g.value.Known {
			return false
		}
		switch g.means {
		case "exec":
			steps = append(steps, shell.Join(append(slices.Clone(t.prog), shell.Word{Raw: g.value.Text})))
		case "shell":
			steps = append(steps, g.value.Text)
		}
	}
	if rest := t.args[t.rest:]; len(rest) > 0 {
		steps = append(steps, shell.Join(rest))
	}
	if t.rest > 0 || len(steps) == 0 {
		t.f.Refuse = "give hotswap the command that runs the server, such as cargo run"
		return true
	}
	for _, step := range steps[:len(steps)-1] {
		t.f.Rules = append(t.f.Rules, Rule{Run: step})
	}
	t.script(steps[len(steps)-1])
	return true
}

// runs returns how nodemon starts a script, by the script's ending.
func runs(file string, byExt map[string]string) string {
	ext := strings.TrimPrefix(path.Ext(file), ".")
	if program, ok := byExt[ext]; ok {
		return program
	}
	switch ext {
	case "py":
		return "python"
	case "rb":
		return "ruby"
	case "ts":
		return "ts-node"
	case "coffee", "litcoffee":
		return "coffee"
	}
	return "node"
}
