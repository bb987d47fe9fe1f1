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
	return rule.Rule{Where: BuildName, Run: command}, nil
}

// parseOn reads a value of --on: GLOB=COMMAND.
func parseOn(text string) (rule.Rule, error) {
	glob, command, _ := strings.Cut(text, "=")
	r := rule.Rule{Where: "--on", Change: []string{strings.TrimSpace(glob)}, Run: strings.TrimSpace(command)}
	if r.Change[0] == "" || r.Run == "" {
		return rule.Rule{}, errors.New("give a pattern and a command, such as --on 'src/routes/**=npm run openapi'")
	}
	if _, err := rule.New("/", []rule.Rule{r}); err != nil {
		return rule.Rule{}, errors.Unwrap(err) // without Where
	}
	return r, nil
}
