package launchers

import (
	"slices"
	"strings"
)

var (
	installers = strings.Fields("npm pnpm yarn bun pip uv poetry pdm pipenv bundle")
	installing = strings.Fields("install i ci add update up upgrade remove rm uninstall un rebuild sync dedupe pip")
)

// Installs reports whether argv is that of a process that installs packages, or removes some: npm, whose title is its
// command, or an interpreter that runs such a program.
func Installs(argv []string) bool {
	if Titled(argv) {
		argv = strings.Fields(argv[0])
	}
	for i, w := range argv[:min(len(argv), 3)] {
		if !slices.Contains(installers, Base(w)) {
			continue
		}
		for _, told := range argv[i+1:] {
			if !strings.HasPrefix(told, "-") {
				return slices.Contains(installing, told)
			}
		}
		return Base(w) == "yarn"
	}
	return false
}
