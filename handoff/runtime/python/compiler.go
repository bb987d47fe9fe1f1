package python

import (
	_ "embed"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/reports"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// compile is a program for Python.
//
//go:embed compile.py
var compile string

// Compiler returns a command for a shell that compiles the files in $HOTSWAP_FILES, one a line, without running them,
// and fails with the error of one that is broken; "": there is none. The command is of another process of the same
// Python, which reads neither the environment nor packages. It works for files, which the process has compiled by
// itself.
func (r Runtime) Compiler(gen handoff.GenID, p standby.Process) (command string, files []string) {
	report, err := reports.Read(r.Transport, gen, p.PID, read)
	if err != nil || p.Exe == "" || replaced(p.Argv, report.Argv) {
		return "", nil
	}
	return `test -z "$HOTSWAP_FILES" || exec ` + quote(p.Exe) + " -ISB -W ignore -c " + quote(compile), report.Plain
}

func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
