package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// hostile save DIR: saves a file there with a name that a terminal would obey.
// hostile shown: nothing that a terminal would obey is on standard error, or on
// the standard output of the last command.
func hostileNames(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "save" {
		name := filepath.Join(ts.MkAbs(args[1]), "b\x1b[2J\u202e\n\u009bc.txt")
		ts.Check(os.WriteFile(name, fmt.Append(nil, time.Now()), 0o644))
		return
	}
	d := current(ts)
	d.mu.Lock()
	text := strings.Join(d.lines, "\n")
	d.mu.Unlock()
	text += ts.ReadFile("stdout")
	if bad := obeyed(text); bad != "" {
		ts.Fatalf("%q is in\n%q", bad, text)
	}
}
