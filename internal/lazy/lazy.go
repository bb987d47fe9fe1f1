// Package lazy makes what a process may never need at its first use. Each program that hotswap starts has a keeper,
// which is hotswap's executable again and needs hardly any of its regular expressions.
package lazy

import (
	"regexp"
	"sync"
)

// Pattern returns the regular expression; its first call compiles it, and panics if expr is none. It may be called from
// any goroutine.
func Pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
