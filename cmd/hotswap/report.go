package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// reportError prints err, and a line of advice where there is some, and returns the exit code.
func reportError(w io.Writer, err error) int {
	out := ui.NewAsyncWriter(w, false) // a reader that does not read does not keep hotswap from ending
	defer out.Close()
	fmt.Fprintf(out, "hotswap: %s\n", plain.Line(err.Error()))
	for _, h := range ui.Hints(err, install, advise) {
		fmt.Fprintf(out, "hotswap: %s\n", plain.Line(h))
	}
	if e, ok := errors.AsType[*exit.Error](err); ok {
		return e.Code
	}
	return exit.CodeSoftware
}
