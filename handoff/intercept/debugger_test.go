package intercept

import (
	"reflect"
	"strings"
	"testing"
)

func TestDebugPort(t *testing.T) {
	for args, want := range map[string]debugger{
		"node --inspect a.js":                {ports: []uint16{9229}},
		"node --inspect=0.0.0.0:9300 a.js":   {ports: []uint16{9300}},
		"node --inspect=[::1]:9300 a.js":     {ports: []uint16{9300}},
		"node --inspect=127.0.0.1 a.js":      {ports: []uint16{9229}},
		"node --inspect=localhost a.js":      {ports: []uint16{9229}},
		"node --inspect-brk=9301":            {ports: []uint16{9301}, waits: true},
		"node --inspect-brk a.js":            {ports: []uint16{9229}, waits: true},
		"node --inspect-wait a.js":           {ports: []uint16{9229}, waits: true},
		"node --inspect-port=9302 --inspect": {ports: []uint16{9302, 9229}},
		"node --inspect-port 9302 a.js":      {ports: []uint16{9302}},
		// the second is NODE_OPTIONS'
		"node --inspect=9303 a.js --inspect":                   {ports: []uint16{9303, 9229}},
		"node --inspect-publish-uid=http":                      {},
		"node --inspect=0":                                     {},
		"node --inspect=127.0.0.1:0":                           {},
		"bun --inspect a.ts":                                   {ports: []uint16{6499}},
		"bun --inspect=4000/x --inspect=ws://localhost:4001/x": {ports: []uint16{4000, 4001}},
		"deno run --inspect-wait a.ts":                         {ports: []uint16{9229}, waits: true},
		"java -jar x":                                          {},
		"python -m debugpy --listen 5678 a.py":                 {ports: []uint16{5678}},
		"python -m debugpy --listen :1 --wait-for-client a.py": {ports: []uint16{1}, waits: true},
		"python /x/debugpy/adapter --for-server 40001 --host 127.0.0.1 --port 5678": {ports: []uint16{5678}},
		"python server.py --listen 5678 --port 5679":                                {},
		"java -agentlib:jdwp=transport=dt_socket,server=y,address=*:5005": {ports: []uint16{5005},
			waits: true},
		"java -agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=5005": {ports: []uint16{5005}},
		"java -agentlib:jdwp=address=[::1]:5005,suspend=y": {ports: []uint16{5005},
			waits: true},
		"/go/bin/dlv exec --headless --listen=:2345 ./app -- --continue":      {every: true, waits: true},
		"dlv debug --headless --continue --accept-multiclient --listen=:2345": {every: true, dials: true},
		"dlv dap --listen=:2345": {every: true, waits: true},
		"./app dlv --continue":   {},
		"":                       {},
	} {
		got := debuggerOf(append(strings.Fields(args), ""))
		got.chosen = false
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", args, got, want)
		}
	}
	if d := debuggerOf(nil); len(d.ports) > 0 || d.waits {
		t.Errorf("no arguments: %+v", d)
	}
}

// What a running node opens, told by a signal or by itself, it opens on a thread
// that is not its first.
func TestDebuggerOfARunningNode(t *testing.T) {
	for _, c := range []struct {
		port    uint16
		program string
		first   bool
		want    bool
	}{{9229, "node", false, true}, {9229, "nodejs", false, true}, {9229, "node-22", false, true},
		{9229, "node_exporter", false, false}, {9229, "node", true, false}, {9229, "java", false, false},
		{9230, "node", false, false}} {
		if got := (debugger{}).listensAt(c.port, c.program, c.first); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if d := debuggerOf([]string{"node", "--inspect-port=9300", "a.js"}); !d.listensAt(9300, "node", false) {
		t.Error("its port is named")
	}
	if d := debuggerOf([]string{"dlv", "exec"}); !d.listensAt(4000, "dlv", true) {
		t.Error("delve serves debuggers only")
	}
}
