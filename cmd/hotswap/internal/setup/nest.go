package setup

import (
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// output returns the folder of a build that has the program of a command; "" if there is none.
func output(command string) string {
	if commands, ok := split(command); ok && len(commands) == 1 {
		for _, w := range commands[0].Words {
			if folder, _, below := strings.Cut(path.Clean(w.Text), "/"); below && rules.OutputDir(folder) {
				return folder
			}
		}
	}
	return ""
}

// nest is for nest start --watch: its compiler goes on as nest build --watch beside the program.
// With more options, such as --debug or the name of an application, or if the program is in no
// folder that is known for builds, each generation builds.
func nest(r *reading) {
	r.found.Command = join(r.same())
	program := "node dist/main"
	if script := r.p.manifest.Scripts["start:prod"]; strings.HasPrefix(script, "node ") {
		program = script
	}
	if len(r.args) > 1 || output(program) == "" { // of args the first is start
		return
	}
	compiler := slices.Concat(r.lead, []word{r.prog, plainWord("build"), plainWord("--watch")})
	const keep = "--preserveWatchOutput" // without it the screen is cleared; Nest 10 does not know it
	if strings.Contains(r.p.read("node_modules/@nestjs/cli/commands/build.command.js"), keep) {
		compiler = append(compiler, plainWord(keep))
	}
	r.found.Command = join(slices.Concat(r.env(), []word{{Raw: program}}))
	r.found.beside([]compiling{{join(compiler), ready["nest build"]}})
}

// compiling is the command of a compiler that watches, and what is in the line by which it says that it is done.
type compiling struct{ command, ready string }

// ready are such lines, and watching is a command of one of these compilers.
var (
	ready = map[string]string{
		"tsc": "Found 0 errors", "tsup": "Build success", "tsdown": "Rebuilt in", "swc": "Successfully compiled",
		"esbuild": "build finished", "vite build": "built in",
		"nest build": "Found 0 errors|Successfully compiled|compiled (successfully|with .* warning)",
	}
	watching = lazy.Pattern(`(?:^|\s|/)(tsc|tsup|tsdown|swc|esbuild|vite build|nest build)\s(?:.*\s)?(?:-w|--watch)\b`)
)

// compiles returns what is in the line of a compiler that watches; "" if the command is none, and runs no script that
// is.
func (p *project) compiles(text string) string {
	commands, ok := split(text)
	p.followed++
	if !ok || len(commands) > 1 || p.followed > followLimit {
		return ""
	}
	if script := p.manifest.Scripts[scriptOf(commands[0].Words)]; script != "" {
		return p.compiles(script)
	}
	if found := watching().FindStringSubmatch(text); found != nil {
		return ready[found[1]]
	}
	return ""
}

// beside has compilers run beside the program, if that is in the folder of a build, whose changes are watched then.
func (f *Proposal) beside(compilers []compiling) bool {
	folder := output(f.Command)
	if folder == "" || f.has("beside") || len(compilers) == 0 {
		return false
	}
	f.ready = map[string]string{}
	for _, c := range compilers {
		f.Add("beside", c.command)
		f.ready[c.command] = c.ready
	}
	if !f.has("watch") {
		f.Add("watch", folder)
	}
	return true
}
