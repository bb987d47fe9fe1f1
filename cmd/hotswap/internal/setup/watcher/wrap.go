package watcher

import (
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
)

// wrapper is a program that starts another, whose name comes after the wrapper's options.
type wrapper struct {
	name   string // of several words: poetry run
	valued string // options that take a value
	node   bool   // it finds the programs of node_modules
}

var wrappers = []wrapper{
	{name: "npx", valued: "-p --package -w --workspace", node: true}, {name: "bunx", node: true}, {name: "bun x", node: true},
	{name: "npm exec", node: true}, {name: "pnpm exec", node: true}, {name: "pnpx", node: true}, {name: "yarn exec", node: true},
	{name: "cross-env"}, {name: "cross-env-shell"}, {name: "env", valued: "-u --unset"}, {name: "exec"}, {name: "time"}, {name: "nohup"},
	{name: "nice", valued: "-n --adjustment"}, {name: "dotenv", valued: "-e -v -p -c"}, {name: "dotenvx run", valued: "-f --env-file -e --env -fk"},
	{name: "env-cmd", valued: "-f --file -e --environments -r --rc-file"}, {name: "doppler run", valued: "-p --project -c --config -t --token"},
	{name: "op run", valued: "--env-file --account"}, {name: "infisical run", valued: "--env --path --projectId"},
	{name: "poetry run", valued: "-C --directory"}, {name: "pipenv run"}, {name: "pdm run", valued: "-p --project"}, {name: "rye run"}, {name: "hatch run"},
	{name: "uv run", valued: "--with --env-file -p --python --project --directory --extra --group --package --with-requirements"},
	{name: "bundle exec"}, {name: "mise exec"}, {name: "direnv exec"},
}

// Program returns where the name of the program stands: behind NAME=value and wrappers.
func Program(words []shell.Word) int {
	at := 0
	for at < len(words) {
		if shell.IsAssignment(words[at]) {
			at++
			continue
		}
		end := skipWrapper(words, at)
		if end == at {
			return at
		}
		at = end
	}
	return at
}

// skipWrapper returns where the command of the wrapper begins that stands at at; at itself,
// if none stands there.
func skipWrapper(words []shell.Word, at int) int {
	w, i := wrapperAt(words, at)
	if w == nil {
		return at
	}
	for i < len(words) {
		switch text := words[i].Text; {
		case text == "--":
			return i + 1
		case slices.Contains(strings.Fields(w.valued), text):
			i += 2
		case strings.HasPrefix(text, "-"):
			i++
		default:
			return i
		}
	}
	return len(words)
}

// wrapperAt returns the wrapper at a word, and where its name ends.
func wrapperAt(words []shell.Word, at int) (*wrapper, int) {
	if at >= len(words) || !words[at].Known {
		return nil, at
	}
	for i := range wrappers {
		names := strings.Fields(wrappers[i].name)
		if Base(words[at]) != names[0] || at+len(names) > len(words) || len(names) == 2 && words[at+1].Text != names[1] {
			continue
		}
		return &wrappers[i], at + len(names)
	}
	return managerAt(words, at)
}

// manager is a package manager that runs a program as if it were a script: yarn nodemon.
var manager = wrapper{node: true}

// managerAt is wrapperAt for package managers before a watcher.
func managerAt(words []shell.Word, at int) (*wrapper, int) {
	end := at + 1
	switch Base(words[at]) {
	case "pnpm":
	case "yarn":
		if end < len(words) && words[end].Text == "run" {
			end++
		}
	case "bun":
		if end++; end >= len(words) || words[end-1].Text != "run" {
			return nil, at
		}
	default:
		return nil, at
	}
	if end >= len(words) || !words[end].Known || len(byProgram[words[end].Text]) == 0 {
		return nil, at
	}
	return &manager, end
}

// SkipWrapper returns where the command of the wrapper begins that stands at at; at itself, if
// none stands there. local reports whether the wrapper finds the programs of node_modules.
func SkipWrapper(words []shell.Word, at int) (end int, local bool) {
	w, _ := wrapperAt(words, at)
	return skipWrapper(words, at), w != nil && w.node
}

// withoutRunner leaves out what stands before the watcher in order to find it in
// node_modules, such as npx: a command that the watcher ran gets one of its own where it needs
// that.
func (t *taking) withoutRunner() (out []shell.Word) {
	words := slices.Concat(t.lead, t.prog)
	for i := 0; i < len(t.lead); {
		w, _ := wrapperAt(words, i)
		end := min(max(i+1, skipWrapper(words, i)), len(t.lead))
		if w == nil || !w.node {
			out = append(out, words[i:end]...)
		}
		i = end
	}
	return out
}

// envFile makes dotenv -e FILE -- a key of hotswap.yaml, where that means the same: with one
// file, which does not override the environment.
func (p *Project) envFile(f *Found, words []shell.Word) []shell.Word {
	at := 0
	for at < len(words) && shell.IsAssignment(words[at]) {
		at++
	}
	end := skipWrapper(words, at)
	if end >= len(words) || Base(words[at]) != "dotenv" {
		return words
	}
	options := words[at+1 : end]
	if n := len(options); n > 0 && options[n-1].Text == "--" {
		options = options[:n-1]
	}
	file := ".env"
	switch {
	case len(options) == 0:
	case len(options) == 2 && options[0].Text == "-e" && options[1].Known:
		file = options[1].Text
	default:
		return words
	}
	if text, ok := p.Read(path.Join(f.Dir, file)); !ok || strings.Contains(text, "$") {
		return words // dotenv-cli puts variables in
	}
	f.Add("env-file", path.Join(f.Dir, file), "dotenv")
	return slices.Concat(words[:at], words[end:])
}
