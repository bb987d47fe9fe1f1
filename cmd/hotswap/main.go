// Command hotswap runs a backend and, on every real change of its source, puts
// a fresh process in its place without the port ever closing.
//
// This package wires everything and is alone in knowing everybody: flags, the
// terminal, exit codes and advice to the user live here, decisions do not. No
// other package may import it.
package main

import (
	"os"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

func main() {
	proc.Main() // a keeper never comes back
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}
