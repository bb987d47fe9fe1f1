// Command hotswap runs a server and puts a fresh process in its place on every real change
// of its source, without closing the port.
//
// This package reads the command line, connects the packages below internal, and hands each notice
// of the supervisor to them in the order of session.notice. What follows from a notice is theirs to
// decide. No other package imports it.
package main

import (
	"os"
)

func main() {
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}
