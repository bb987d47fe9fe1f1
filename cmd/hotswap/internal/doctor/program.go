package doctor

import (
	"cmp"
	"fmt"
	"io"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/handoff/runtime/golang"
)

// Program prints what a Go program has of hotswap's adapter, and ends with a code that says whether it has it.
func Program(w io.Writer, path string) error {
	p, err := golang.Inspect(path)
	if err != nil {
		return exit.Unavailable(err)
	}
	code, what := exit.CodeFailed,
		"without hotswap's adapter, so the old process keeps its connections; build it by: hotswap build -- go build"
	switch {
	case p.Moves:
		code, what = exit.OK, "with hotswap's adapter: the connections of net/http move to the new process"
	case p.Asks:
		what = "with hotswap's adapter, but it serves nothing by net/http, so the old process keeps its connections"
	}
	_, err = fmt.Fprintf(w, "%s: %s, %s\n", path, p.Go, what)
	return cmp.Or(err, exit.Ended(code))
}
