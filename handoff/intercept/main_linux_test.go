package intercept

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// self is this test binary, by a name that needs no permission on the
// directories above it.
const self = "/proc/self/exe"

// helpers are the programs that the test binary can be, by behaviour.
var helpers = map[string]func(args []string){
	"apart":   helperApart,
	"sockets": helperSockets,
	"writer":  helperWriter,
}

var used sync.Map // names of helpers that a test has started

// TestMain is a helper, if this process was started to be one, and else runs the tests. A helper that no test uses
// fails the suite.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if name, ok := strings.CutPrefix(os.Args[1], "helper:"); ok {
			helpers[name](os.Args[2:])
			os.Exit(0)
		}
	}
	testkit.Alone()
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
	if os.Getenv(forbidEnv) != "" {
		forbidPidfdGetfd()
	}
	code := m.Run()
	if code == 0 && !strings.Contains(strings.Join(os.Args, " "), "-test.run=") && testkit.Unused(helpers, &used) {
		code = 1
	}
	os.Exit(code)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "helper:", err)
		os.Exit(99)
	}
}

// say writes a line in one write, for others write to the same pipe.
func say(words ...any) { _, _ = os.Stdout.WriteString(fmt.Sprintln(words...)) }
