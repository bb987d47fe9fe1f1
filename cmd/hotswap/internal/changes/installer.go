package changes

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

var (
	interpreters = regexp.MustCompile(`^(bun|python|pypy|ruby)[\d.]*t?$`) // and Node, see handoff.IsNode
	// yarn-4.1.0.cjs is what yarnPath names.
	installers = regexp.MustCompile(`^(npm|npm-cli|pnpm|yarn|yarnpkg|bun|corepack|pip|uv|poetry|pdm|pipenv|bundle|bundler|gem)(-?\d[\d.]*)?$`)
	// installs are the commands that write packages, aliases included.
	installs = strings.Fields(`install i in ins inst isntall add ci ic clean-install install-clean isntall-clean it cit install-test
		install-ci-test update up upgrade udpate remove rm r un uninstall unlink rebuild rb prune dedupe ddp link ln import sync immutable focus`)
	// runs are the commands that run something.
	runs = strings.Fields("run run-script rum urn exec x dlx create start stop test t tst node shell")
)

// installation is how long packages may go on changing, and whether the program or a step
// installs them. The zero value: they do not change.
type installation struct {
	limit time.Duration
	own   bool
}

// installing returns the command by which a process installs packages; "": it does not.
func installing(argv []string) string {
	words := strings.Fields(strings.Join(argv, " ")) // npm has "npm ci" as its title, one word
	tool, rest := "", []string(nil)
	for i, word := range words {
		name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(word), ".js"), ".cjs"), ".mjs")
		switch {
		case installers.MatchString(name):
			tool, rest = strings.TrimSuffix(name, "-cli"), words[i+1:]
			if strings.HasPrefix(name, "yarn-") {
				tool = "yarn"
			}
			if strings.HasPrefix(tool, "yarn") {
				rest = yarnCommand(rest)
			}
			if tool == "corepack" || tool == "bun" && len(rest) > 0 && installers.MatchString(filepath.Base(rest[0])) {
				continue
			}
		case i == 0 && (handoff.IsNode(filepath.Base(word)) || interpreters.MatchString(name)), strings.HasPrefix(word, "-"):
			continue
		}
		break
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

// yarnCommand returns the command in Yarn's words, without its arguments: yarn dev add
// runs the script dev. None: Yarn installs.
func yarnCommand(words []string) []string {
	for len(words) > 0 {
		switch word := words[0]; {
		case len(words) > 1 && (word == "workspace" || word == "--cwd"): // a name follows
			words = words[2:]
		case word == "global", word == "workspaces", strings.HasPrefix(word, "-"):
			words = words[1:]
		default:
			return words[:1]
		}
	}
	return nil
}

// concerns reports whether an installer in that directory may install into the folder of
// packages: the project is above or below it.
func concerns(dir, folder string) bool {
	project := filepath.Dir(folder)
	return lies(project, dir) || lies(dir, project)
}

// lies reports whether a path is a directory or lies below it.
func lies(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
