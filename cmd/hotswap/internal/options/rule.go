package options

import (
	"errors"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

// parseBuild reads a value of --build: COMMAND.
func parseBuild(command string) (rule.Rule, error) {
	if command == "" {
		return rule.Rule{}, errors.New("give a command, such as --build 'go build -o tmp/app .'")
	}
	return rule.Rule{Where: BuildName, Run: command}, nil
}
