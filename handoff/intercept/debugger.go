package intercept

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Default ports for debuggers.
const (
	nodePort = 9229 // deno's too
	bunPort  = 6499
)

// debugger is what a program's arguments say about its debugger ports.
type debugger struct {
	ports  []uint16
	chosen bool // the kernel chooses a port
	waits  bool // the program runs nothing before a debugger has attached
	every  bool // the process serves nobody but debuggers
	dials  bool // the process is its own first debugger, and starts the program so
}

// debuggerOf reads the --inspect options of node, deno and bun, the JVM's jdwp agent, Python's debugpy and Go's delve.
// If several ports are named, all count, because order and version decide which is used and no program serves clients
// at the others.
func debuggerOf(args []string) (d debugger) {
	if len(args) > 0 && filepath.Base(args[0]) == "dlv" {
		own := args[:slices.Index(slices.Concat(args, []string{"--"}), "--")] // the rest is the program's
		d.every, d.dials = true, slices.Contains(own, "--continue") || slices.Contains(own, "--continue=true")
		d.waits = !d.dials
		return d
	}
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
			if !has || !d.add(value) {
				d.ports = append(d.ports, usual)
			}
		case flag == "--inspect-port", flag == "--debug-port", debugpy != "" && flag == debugpy:
			d.add(value)
		case flag == "-agentlib:jdwp":
			d.jdwp(value)
		case arg == "debugpy" && i > 0 && args[i-1] == "-m":
			debugpy = "--listen"
			d.waits = d.waits || slices.Contains(args, "--wait-for-client")
		case filepath.Base(arg) == "adapter" && filepath.Base(filepath.Dir(arg)) == "debugpy":
			debugpy = "--port" // debugpy listens in a separate process
		}
	}
	return d
}

// jdwp reads the agent's options. The agent waits for the debugger by default.
func (d *debugger) jdwp(options string) {
	suspend := true
	for option := range strings.SplitSeq(options, ",") {
		switch name, value, _ := strings.Cut(option, "="); name {
		case "address":
			d.add(value)
		case "suspend":
			suspend = value != "n"
		}
	}
	d.waits = d.waits || suspend
}

// add takes the port at the end of an address, behind which Bun may have a path, or that the kernel chooses one: port
// 0. It reports whether there is a number.
func (d *debugger) add(address string) bool {
	address, _, _ = strings.Cut(strings.TrimPrefix(address, "ws://"), "/")
	n, err := strconv.ParseUint(address[strings.LastIndexByte(address, ':')+1:], 10, 16)
	if err != nil {
		return false
	}
	d.chosen = d.chosen || n == 0
	if n != 0 {
		d.ports = append(d.ports, uint16(n))
	}
	return true
}

// listensAt reports whether the port is a debugger's. Node can open its inspector in a running process
// (SIGUSR1, inspector.open()) on another thread; the arguments do not show that.
func (d debugger) listensAt(port uint16, program string, onFirstThread bool) bool {
	return d.every || slices.Contains(d.ports, port) ||
		port == nodePort && handoff.IsNode(program) && !onFirstThread
}
