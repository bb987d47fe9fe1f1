package launchers

import (
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

var (
	installers = strings.Fields("npm pnpm yarn bun pip uv poetry pdm pipenv bundle")
	installing = strings.Fields("install i ci add update up upgrade remove rm uninstall un rebuild dedupe")
	also       = map[string][]string{"uv": {"pip", "sync"}, "poetry": {"sync"}, "pdm": {"sync"}, "pipenv": {"sync"}}
	// options of these with a value
	valued      = strings.Fields("-C --dir --filter -F --prefix --cwd -w --workspace")
	interpreter = lazy.Pattern(`^(node|bun|ruby|python)[0-9.]*$`)
)

// Installs reports whether argv is that of a process that installs packages, or removes some: npm, whose title is its
// command, or an interpreter that runs such a program.
func Installs(argv []string) bool {
	if Titled(argv) {
		argv = strings.Fields(argv[0])
	}
	for i, w := range argv[:min(len(argv), 3)] {
		name := Base(w)
		if !slices.Contains(installers, name) {
			if i == 0 && !interpreter().MatchString(name) {
				return false
			}
			continue
		}
		for j, told := range argv[i+1:] {
			if !strings.HasPrefix(told, "-") && !slices.Contains(valued, argv[i+j]) {
				return slices.Contains(append(also[name], installing...), told)
			}
		}
		return name == "yarn"
	}
	return false
}
