package options

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// parseReadyLog compiles the pattern of log:REGEXP.
func parseReadyLog(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, errors.New("give a pattern for a line of the program's output, as in log:Listening on")
	}
	re, err := regexp.Compile(pattern)
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		// The library tells what, and where only by quoting it.
		at := len([]rune(pattern[:max(strings.Index(pattern, wrong.Expr), 0)])) + 1
		return nil, fmt.Errorf("not a pattern: %s: %q at character %d", wrong.Code, wrong.Expr, at)
	}
	return re, err
}
