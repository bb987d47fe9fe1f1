package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/hotswap-dev/hotswap/internal/plain"
)

// report prints an error as one line, with advice where there is some, and
// gives its exit code.
func report(w io.Writer, err error) int {
	o := newOutbox(w, leftOut(false))
	defer o.close() // whoever does not read does not keep hotswap
	fmt.Fprintf(o, "hotswap: %s\n", plain.Line(err.Error()))
	if h := hint(err); h != "" {
		fmt.Fprintf(o, "hotswap: %s\n", plain.Line(h))
	}
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitSoftware
}
