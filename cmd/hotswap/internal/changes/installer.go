package changes

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

var (
	interpreters = lazy.Pattern(`^(bun|python|pypy|ruby)[\d.]*t?$`) // and Node, see handoff.IsNode
	// installs are the commands that write packages, aliases included.
	installs = strings.Fields(`install i in ins inst isntall add ci ic clean-install install-clean isntall-clean it cit install-test
		install-ci-test update up upgrade udpate remove rm r un uninstall unlink rebuild rb prune dedupe ddp link ln import sync immutable focus`)
	// runs are the commands that run something.
	runs = strings.Fields("run run-script rum urn exec x dlx create start stop test t tst node shell")
)

// installing returns the command by which a process installs packages, or "".
func installing(argv []string) string {
	words := strings.Fields(strings.Join(argv, " ")) // npm has "npm ci" as its title, one word
	tool, rest := "", words
	for i, word := range words {
		name := filepath.Base(word)
		if kind := launchers.Named(launchers.Base(word)).Kind; (kind == launchers.Manager || kind == launchers.Installer) && (tool == "" || tool == "bun" || tool == "corepack") {
			tool, rest = launchers.Base(word), words[i+1:]
		} else if tool != "" || !strings.HasPrefix(word, "-") && (i > 0 || !handoff.IsNode(name) && !interpreters().MatchString(name)) {
			break
		}
	}
	if tool == "" {
		return ""
	}
	for i, word := range rest {
		switch {
		case word == "--", slices.Contains(runs, word):
			return ""
		case word == "audit" && slices.Contains(rest[i+1:], "fix"):
			return tool + " audit fix"
		case slices.Contains(installs, word):
			return tool + " " + word
		}
	}
	// These install without a command. npm's title has no command yet while it starts.
	if slices.Contains([]string{"yarn", "yarnpkg", "bundle", "npm"}, tool) && !slices.ContainsFunc(rest, func(w string) bool { return !strings.HasPrefix(w, "-") }) {
		return tool
	}
	return ""
}

// concerns reports whether an installer that runs in dir may install into the folder of packages: the project is above or
// below dir.
func concerns(dir, folder string) bool {
	project := filepath.Dir(folder)
	return rules.Within(project, dir) || rules.Within(dir, project)
}
