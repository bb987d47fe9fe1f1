package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// report prints an error as one line, with advice where there is some, and
// gives its exit code.
func report(w io.Writer, err error) int {
	o := ui.NewAsyncWriter(w, false)
	defer o.Close() // whoever does not read does not keep hotswap
	fmt.Fprintf(o, "hotswap: %s\n", plain.Line(err.Error()))
	if h := ui.Hint(err); h != "" {
		fmt.Fprintf(o, "hotswap: %s\n", plain.Line(h))
	}
	var e *exit.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return exit.CodeSoftware
}
