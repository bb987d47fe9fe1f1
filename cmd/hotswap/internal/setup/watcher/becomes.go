package watcher

import (
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
	"github.com/hotswap-dev/hotswap/watch/rules"
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

// besideOf has the compiler that watches go on beside the program, which runs a file of the folder that the
// compiler writes. It reports false if that folder has another name than those of builds: then it is unknown
// when its output is complete.
func (t *taking) besideOf(compiler []shell.Word, program string) bool {
	leaves, ok := shell.Parse(program)
	if !ok || len(leaves) != 1 || len(leaves[0].Words) < 2 || t.f.Dir != "" {
		return false
	}
	for _, w := range leaves[0].Words[1:] {
		if !w.Known || strings.HasPrefix(w.Text, "-") {
			continue
		}
		folder, _, below := strings.Cut(path.Clean(w.Text), "/")
		if !below || !rules.OutputDir(folder) {
			return false
		}
		t.f.Set("watch", folder, "")
		t.f.Set("beside", shell.Join(compiler), t.row.name)
		t.f.Keys = slices.DeleteFunc(t.f.Keys, func(k Key) bool { return k.Name == "ignore" || k.Name == "ext" }) // the compiler's
		return true
	}
	return false
}

// nest is for nest start --watch: its compiler becomes nest build --watch, if nothing says more about the
// program than package.json does.
func nest(t *taking) bool {
	t.command(t.same())
	for i, w := range t.args[1:] {
		takes := i > 0 && slices.Contains(nestBuildValued, t.args[i].Text)
		if !w.Known || !takes && !slices.Contains(nestBuild, w.Text) && !slices.Contains(nestBuildValued, w.Text) {
			return true // --debug, --exec, an application of a monorepo
		}
	}
	program := "node dist/main"
	if script := t.p.Manifest("").Scripts["start:prod"]; strings.HasPrefix(script, "node ") {
		program = script
	}
	words := []shell.Word{shell.Plain("build"), shell.Plain("--watch")}
	const keep = "--preserveWatchOutput" // without it the screen is cleared; Nest 10 does not know it
	if text, _ := t.p.Read("node_modules/@nestjs/cli/commands/build.command.js"); strings.Contains(text, keep) {
		words = append(words, shell.Plain(keep))
	}
	if t.besideOf(slices.Concat(t.lead, t.prog, words, t.args[1:]), program) {
		t.f.Command = strings.TrimPrefix(shell.Join(t.lead)+" "+program, " ")
	}
	return true
}

// nestBuild are the options of nest start that nest build has, too; nestBuildValued those with a value.
var (
	nestBuild       = strings.Fields("--tsc --webpack --type-check")
	nestBuildValued = strings.Fields("-c --config -p --path -b --builder --webpackPath")
)

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
	compiler := t.same()
	t.lead = nil
	if t.row.name == "tsup --watch" && t.besideOf(append(slices.Clone(compiler), t.watching...), commands[0].Text) {
		t.f.Command = commands[0].Text
		return true
	}
	t.f.Rules = append(t.f.Rules, Rule{Run: shell.Join(compiler)})
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
