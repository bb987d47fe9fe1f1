package intercept

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Ports at which debuggers are let in unless told otherwise.
const (
	nodePort = 9229 // deno's too
	bunPort  = 6499
)

// debugger is what a program's arguments say of the debugger that it lets in.
type debugger struct {
	ports []uint16
	waits bool // it runs nothing before one has come
}

// debuggerOf reads arguments: --inspect and its kin of node, deno and bun, the
// JVM's jdwp agent, python's debugpy. A port that is named twice stays in
// question, for which one counts is a matter of order and version; nobody serves
// his clients at the other.
func debuggerOf(args []string) (d debugger) {
	usual := uint16(nodePort)
	if len(args) > 0 && strings.HasPrefix(filepath.Base(args[0]), "bun") {
		usual = bunPort
	}
	debugpy := ""
	for i, arg := range args {
		flag, value, has := strings.Cut(arg, "=")
		if !has && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case flag == "--inspect", flag == "--inspect-brk", flag == "--inspect-wait":
			d.waits = d.waits || flag != "--inspect"
			if n, ok := portOf(value); has && ok {
				d.add(n)
			} else {
				d.add(usual)
			}
		case flag == "--inspect-port", flag == "--debug-port", debugpy != "" && flag == debugpy:
			if n, ok := portOf(value); ok {
				d.add(n)
			}
		case strings.HasPrefix(arg, "-agentlib:jdwp="), strings.HasPrefix(arg, "-Xrunjdwp:"):
			d.jdwp(strings.TrimPrefix(strings.TrimPrefix(arg, "-agentlib:jdwp="), "-Xrunjdwp:"))
		case arg == "debugpy" && i > 0 && args[i-1] == "-m":
			debugpy = "--listen"
			d.waits = d.waits || slices.Contains(args, "--wait-for-client")
		case filepath.Base(arg) == "adapter" && filepath.Base(filepath.Dir(arg)) == "debugpy":
			debugpy = "--port" // a process of its own listens
		}
	}
	return d
}

// jdwp reads the agent's options; to wait is what it does unless told.
func (d *debugger) jdwp(options string) {
	suspend := true
	for option := range strings.SplitSeq(options, ",") {
		switch name, value, _ := strings.Cut(option, "="); name {
		case "address":
			if n, ok := portOf(value); ok {
				d.add(n)
			}
		case "suspend":
			suspend = value != "n"
		}
	}
	d.waits = d.waits || suspend
}

// add takes a port, unless it is 0: the kernel chooses, and it is never the same.
func (d *debugger) add(port uint16) {
	if port != 0 {
		d.ports = append(d.ports, port)
	}
}

// portOf is the number that an address ends with, if it names one.
func portOf(address string) (uint16, bool) {
	n, err := strconv.ParseUint(address[strings.LastIndexByte(address, ':')+1:], 10, 16)
	return uint16(n), err == nil
}

// lets says whether a debugger is let in at the port. Node opens its inspector in
// a running process too (SIGUSR1, inspector.open()), by a thread of its own:
// nothing in the arguments tells of that.
func (d debugger) lets(port uint16, program string, onFirstThread bool) bool {
	return slices.Contains(d.ports, port) ||
		port == nodePort && handoff.IsNode(program) && !onFirstThread
}
