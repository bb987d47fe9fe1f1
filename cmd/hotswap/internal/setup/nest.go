package setup

import (
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// output returns the folder of a build that has the program of a command; "" if there is none.
func output(command string) string {
	if commands, ok := split(command); ok && len(commands) == 1 {
		for _, w := range commands[0].words {
			if folder, _, below := strings.Cut(path.Clean(w.text), "/"); below && rules.OutputDir(folder) {
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
	folder := output(program)
	if len(r.args) > 1 || folder == "" { // of args the first is start
		return
	}
	compiler := slices.Concat(r.lead, []word{r.prog, plainWord("build"), plainWord("--watch")})
	const keep = "--preserveWatchOutput" // without it the screen is cleared; Nest 10 does not know it
	if text, _ := r.p.read("node_modules/@nestjs/cli/commands/build.command.js"); strings.Contains(text, keep) {
		compiler = append(compiler, plainWord(keep))
	}
	r.found.Command = join(slices.Concat(r.env(), []word{{raw: program}}))
	r.found.Add("beside", join(compiler))
	r.found.Add("watch", folder)
}
