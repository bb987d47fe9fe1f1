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

// beside lets the compiler that watches go on beside the program, which runs a file of the folder
// that the compiler writes. It reports false if that folder has another name than those of
// builds: then hotswap does not know when the output is complete.
func (f *Found) beside(compiler []word, program string) bool {
	folder := output(program)
	if folder != "" {
		f.Command = program
		f.Add("beside", join(compiler))
		f.Add("watch", folder)
	}
	return folder != ""
}

// nest is for nest start --watch: its compiler becomes nest build --watch. With more options, such
// as --debug or the name of an application, each generation builds.
func nest(r *reading) {
	r.found.Command = join(r.same())
	if len(r.args) > 1 { // start
		return
	}
	program := "node dist/main"
	if script := r.p.manifest.Scripts["start:prod"]; strings.HasPrefix(script, "node ") {
		program = script
	}
	words := []word{r.prog, plainWord("build"), plainWord("--watch")}
	const keep = "--preserveWatchOutput" // without it the screen is cleared; Nest 10 does not know it
	if text, _ := r.p.read("node_modules/@nestjs/cli/commands/build.command.js"); strings.Contains(text, keep) {
		words = append(words, plainWord(keep))
	}
	if r.found.beside(slices.Concat(r.lead, words), join(slices.Concat(r.env(), []word{{raw: program}}))) {
		r.found.Notes = []string{"A build with type errors is swapped in, too. With tsc, noEmitOnError in tsconfig.json prevents that."}
	}
}

// tsup is for tsup --watch --onSuccess COMMAND. Without a command it is only a compiler.
func tsup(r *reading) {
	program, ok := r.given["--onSuccess"]
	if !ok {
		r.found = nil
	} else if !r.found.beside(slices.Concat(r.lead, []word{r.prog}, r.args), program.text) {
		r.found.Refuse = "it runs no file of a folder such as dist; write hotswap.yaml with the keys beside, watch and command"
	}
}
