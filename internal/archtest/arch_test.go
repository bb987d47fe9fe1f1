package archtest

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const module = "github.com/hotswap-dev/hotswap/"

// rooms says which of our own packages each may import. cmd/hotswap may import
// all, examples and tests are not asked.
var rooms = map[string][]string{
	"handoff/runtime": {"handoff", "handoff/scratch", "handoff/runtime/direct", "handoff/runtime/standby"},
	"handoff/runtime/direct": {"handoff", "handoff/runtime/assets", "handoff/runtime/standby",
		"internal/launchers", "internal/lazy", "internal/procfs", "internal/regular", "internal/wait"},
	"handoff/runtime/assets": {"handoff/scratch", "internal/regular"},
	"handoff/runtime/standby": {"handoff", "handoff/scratch", "internal/launchers", "internal/lazy",
		"internal/plain", "internal/procfs", "internal/regular"},
	"handoff/runtime/reports": {"handoff", "handoff/runtime/assets", "handoff/runtime/standby", "internal/procfs",
		"internal/regular"},
	"handoff/runtime/wire": {"handoff/scratch", "internal/accept", "internal/peercred", "internal/rights",
		"internal/wait"},
	"handoff/runtime/connections": {"handoff", "handoff/runtime/wire", "internal/procfs", "internal/rights",
		"internal/wait"},
	"handoff/runtime/files": {"handoff/runtime/wire", "internal/launchers", "internal/lazy"},
	"handoff/runtime/adapters": {"handoff", "handoff/runtime/connections", "handoff/runtime/files",
		"handoff/runtime/node", "handoff/runtime/ruby", "handoff/runtime/wire", "handoff/scratch"},
	"handoff/runtime/node": {"handoff", "handoff/runtime/assets", "handoff/runtime/js", "handoff/runtime/wire",
		"internal/procfs"},
	"handoff/runtime/js": {"handoff/runtime/assets"},
	"handoff/runtime/golang": {"handoff", "handoff/runtime/assets", "internal/lazy", "internal/plain", "internal/regular",
		"internal/wait"},
	"handoff/runtime/ruby": {"handoff", "handoff/runtime/assets"},
	"handoff/runtime/node/plan": {"handoff", "handoff/runtime/files", "handoff/runtime/node",
		"handoff/runtime/standby", "internal/launchers", "internal/lazy", "internal/regular", "internal/wait"},
	"handoff/runtime/python": {"handoff", "handoff/runtime/assets", "handoff/runtime/reports", "handoff/runtime/standby",
		"internal/launchers", "internal/lazy", "internal/regular"},
	"handoff/runtime/bun": {"handoff", "handoff/runtime/reports", "handoff/runtime/js",
		"handoff/runtime/standby", "internal/launchers", "internal/lazy", "internal/regular"},

	"handoff": {"internal/lazy", "internal/wait"},
	"handoff/intercept": {"handoff", "handoff/reuseport", "handoff/seccomp", "handoff/sockets",
		"handoff/unixpath", "handoff/writes", "internal/procfs", "internal/sockdiag", "internal/thread",
		"internal/wait"},
	"handoff/writes": {"handoff", "internal/launchers", "internal/procfs"},
	"handoff/reuseport": {"handoff", "handoff/sockets", "handoff/unixpath", "internal/sockdiag",
		"internal/wait"},
	"handoff/drain": {"handoff", "internal/procfs", "internal/sockdiag", "internal/wait"},
	"handoff/relay": {"internal/peercred", "internal/rights", "internal/sockdiag", "internal/thread",
		"internal/wait"},
	"handoff/held":      {"handoff", "handoff/runtime/wire", "internal/rights", "internal/wait"},
	"handoff/proxy":     {"handoff", "internal/accept", "internal/rights", "internal/wait"},
	"handoff/listenfds": {"handoff", "handoff/reuseport"},
	"handoff/readiness": {"handoff", "handoff/scratch", "internal/accept", "internal/rights",
		"internal/sockdiag", "internal/wait"},
	"handoff/scratch": {"internal/flock", "internal/procfs"},
	"handoff/seccomp": {"internal/thread"},
	"supervisor": {"handoff", "handoff/reuseport", "internal/plain", "internal/tty",
		"internal/wait", "supervisor/machine", "supervisor/machine/build", "supervisor/machine/debugger",
		"supervisor/machine/drain", "supervisor/machine/policy", "supervisor/machine/standby", "supervisor/proc",
		"supervisor/report", "supervisor/run", "supervisor/usage"},
	"supervisor/machine": {"handoff", "supervisor/machine/build", "supervisor/machine/debugger",
		"supervisor/machine/drain", "supervisor/machine/internal/sum", "supervisor/machine/policy",
		"supervisor/machine/standby", "supervisor/report"},
	"supervisor/machine/build":        {"supervisor/machine/internal/sum", "supervisor/report"},
	"supervisor/machine/debugger":     {"handoff", "supervisor/machine/internal/sum", "supervisor/report"},
	"supervisor/machine/drain":        {"handoff", "supervisor/machine/internal/sum", "supervisor/report"},
	"supervisor/machine/internal/sum": {"supervisor/report"},
	"supervisor/machine/policy":       {"handoff"},
	"supervisor/machine/standby":      {"handoff", "supervisor/machine/internal/sum", "supervisor/report"},
	"supervisor/report":               {"handoff"},
	"supervisor/run": {"handoff", "internal/lazy", "internal/regular", "internal/tty", "internal/wait",
		"supervisor/proc", "supervisor/report", "supervisor/usage"},
	"supervisor/proc": {"handoff", "handoff/seccomp", "internal/ending", "internal/plain",
		"internal/procfs", "internal/rights", "internal/sockdiag", "internal/thread", "internal/tty", "internal/wait"},
	"supervisor/control": {"internal/accept", "internal/peercred", "internal/plain", "internal/ring",
		"internal/wait", "internal/web", "supervisor/report"},
	"supervisor/record": {"handoff/scratch", "internal/flock", "internal/lazy", "internal/procfs", "internal/regular",
		"supervisor/proc"},
	"supervisor/console": {"internal/lazy", "internal/tty"},
	"supervisor/store":   {},
	"supervisor/place": {"handoff", "handoff/scratch", "internal/accept", "internal/ending",
		"internal/peercred", "internal/plain", "internal/rights", "internal/wait", "supervisor/report",
		"supervisor/store"},
	"supervisor/usage":      {"internal/procfs"},
	"clients/go":            {},
	"watch":                 {"internal/regular", "internal/wait", "watch/rules"},
	"watch/rules":           {"internal/launchers", "internal/lazy", "internal/regular"},
	"internal/launchers":    {"internal/lazy"},
	"internal/regular":      {},
	"internal/flock":        {"internal/wait"},
	"internal/lazy":         {},
	"internal/wait":         {},
	"internal/ending":       {},
	"internal/rights":       {},
	"internal/peercred":     {},
	"internal/ring":         {"internal/wait"},
	"internal/web":          {"handoff", "internal/rights", "internal/sockdiag", "internal/wait"},
	"internal/sockdiag":     {"internal/procfs"},
	"internal/procfs":       {},
	"internal/thread":       {},
	"internal/load":         {},
	"internal/plain":        {"internal/lazy"},
	"internal/accept":       {"internal/wait"},
	"internal/secret":       {"internal/lazy", "internal/plain"},
	"internal/tty":          {},
	"internal/archtest":     {},
	"packaging/packagetest": {},
	"internal/e2etest":      {"internal/load", "internal/testkit"},
	"internal/testkit":      {"internal/rights", "internal/tty"},
	"internal/e2e":          {},
	"internal/faults":       {},
	"packaging/npm":         {},
	"bench": {"bench/crowd", "bench/fresh", "bench/fronts", "bench/places", "bench/watchers", "internal/e2etest",
		"internal/load", "internal/tty"},
	"bench/crowd":      {"internal/load"},
	"handoff/sockets":  {"handoff", "handoff/unixpath", "internal/procfs", "internal/sockdiag"},
	"handoff/unixpath": {"handoff", "internal/procfs", "internal/rights", "internal/thread", "internal/wait"},
	"bench/fresh":      {"internal/e2etest", "internal/load"},
	"bench/fronts":     {"bench/fresh", "internal/e2etest", "internal/load"},
	"bench/places":     {"bench/fresh", "internal/e2etest", "internal/load"},
	"bench/watchers":   {"bench/fresh", "internal/e2etest", "internal/load"},
}

const commandRoom = "cmd/hotswap/internal/"

// commandRooms says which of its siblings below cmd/hotswap/internal each package may
// import. These packages are the command, so the libraries are open to all of them. Only
// cmd/hotswap itself imports ui: the others report through interfaces of their own.
var commandRooms = map[string][]string{
	"admin":      {},
	"exit":       {},
	"human":      {},
	"outcome":    {"exit"},
	"rule":       {},
	"once":       {},
	"port":       {},
	"project":    {"exit", "options", "rule"},
	"gobuild":    {"exit", "terminal"},
	"live":       {},
	"livereload": {"rule"},
	"mcp":        {"options"},
	"setup":      {"options", "project"},
	"options":    {"exit", "rule"},
	"systemd":    {},
	"terminal":   {"options"},
	"changes":    {"rule"},
	"engine":     {"exclusive", "exit", "lastrun", "options", "port", "systemd"},
	"lastrun":    {},
	"upgrade":    {"exit", "systemd", "terminal"},
	"instance":   {"exit", "options"},
	"client":     {"exit", "instance", "options"},
	"everywhere": {"exit", "human", "instance"},
	"events":     {"exit", "human"},
	"commands":   {"exit", "human", "options", "terminal"},
	"exclusive":  {},
	"doctor":     {"exit", "human", "options", "port"},
	"why":        {"changes", "human", "options", "rule"},
	"ui":         {"changes", "exclusive", "human", "options", "rule"},
}

// guests says which rooms alone may import a library.
var guests = map[string][]string{
	"github.com/fsnotify/fsnotify":               {"watch"},
	"github.com/cloudflare/tableflip":            {"cmd/hotswap/internal/upgrade"},
	"github.com/modelcontextprotocol/go-sdk/mcp": {"cmd/hotswap/internal/mcp"},
	// the binary has none
	"github.com/coder/websocket": {"examples/state/go-websocket", "internal/load"},
	"golang.org/x/net/websocket": {},
	"github.com/urfave/cli/v2":   {"cmd/hotswap", "cmd/hotswap/internal/client", "cmd/hotswap/internal/options"},
	"github.com/rs/zerolog":      {"cmd/hotswap/internal/ui"},
	"mvdan.cc/sh/v3":             {"internal/launchers"},
	"golang.org/x/term":          {"cmd/hotswap/internal/terminal", "cmd/hotswap/internal/ui"},
}

type listed struct {
	ImportPath string
	Dir        string
	Imports    []string
}

// list returns the packages. The result must not be changed.
func list(t *testing.T) []listed {
	t.Helper()
	out := testkit.Must(listOnce())(t)
	return out
}

var listOnce = sync.OnceValues(func() (out []listed, err error) {
	// All but the first are modules of their own, which the first does not require.
	for _, folder := range []string{"../..", "../../clients/go", "../../bench", "../../examples/state",
		"../../packaging/tools"} {
		cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports", "./...")
		cmd.Dir = folder
		b, err := cmd.Output()
		if err != nil {
			return nil, err
		}
		for d := json.NewDecoder(strings.NewReader(string(b))); ; {
			var p listed
			if err := d.Decode(&p); err == io.EOF {
				break
			} else if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
})

func TestWhoMayImportWhom(t *testing.T) {
	for _, p := range list(t) {
		room := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module); ok && room != "cmd/hotswap" &&
				!strings.HasPrefix(room, "examples/") {
				allowed, known := rooms[room]
				if below, ok := strings.CutPrefix(room, commandRoom); ok {
					allowed, known = commandRooms[below]
					ours, ok = strings.CutPrefix(ours, commandRoom)
					if !ok {
						continue // a library
					}
				}
				if !known {
					t.Fatalf("%s is a new room: say in this test what it may import", room)
				}
				if !slices.Contains(allowed, ours) {
					t.Errorf("%s imports %s", room, ours)
				}
			}
			for guest, hosts := range guests {
				if strings.HasPrefix(imported, guest) && !slices.Contains(hosts, room) {
					t.Errorf("%s imports %s, which only %v may", room, guest, hosts)
				}
			}
		}
	}
}
