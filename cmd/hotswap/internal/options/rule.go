package options

import (
	"errors"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

// parseBuild reads a value of --build: COMMAND.
func parseBuild(command string) (rule.Rule, error) {
	if command == "" {
		return rule.Rule{}, errors.New("give a command, such as --build 'go build -o tmp/app .'")
	}
	return rule.Rule{Where: "--build", Run: command}, nil
}

// parseOn reads a value of --on: GLOB=COMMAND.
func parseOn(text string) (rule.Rule, error) {
	glob, command, _ := strings.Cut(text, "=")
	return parseRule(rule.Rule{Where: "--on", Run: strings.TrimSpace(command)}, glob,
		"give a pattern and a command, such as --on 'src/routes/**=npm run openapi'")
}

// parseOnce reads a value of --once: COMMAND@GLOB. A command may have an @ too, and so may a
// folder of packages (node_modules/@scope).
func parseOnce(text string) (rule.Rule, error) {
	at := len(text)
	for {
		at = strings.LastIndexByte(text[:at], '@')
		if at <= 0 || text[at-1] != '/' {
			break
		}
	}
	command, glob := "", ""
	if at > 0 {
		command, glob = text[:at], text[at+1:]
	}
	return parseRule(rule.Rule{Where: "--once", Run: strings.TrimSpace(command), Once: true}, glob,
		"give a command and a pattern, such as --once 'npm run migrate@drizzle/**'")
}

// parseRule completes r by its pattern. wanted says what to give instead of half a rule.
func parseRule(r rule.Rule, glob, wanted string) (rule.Rule, error) {
	glob = strings.TrimSpace(glob)
	if glob == "" || r.Run == "" {
		return rule.Rule{}, errors.New(wanted)
	}
	r.Change = []string{glob}
	if _, err := rule.New("/", []rule.Rule{r}); err != nil {
		return rule.Rule{}, errors.Unwrap(err) // without Where
	}
	return r, nil
}
