package proc

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// self is this test binary, by a name that needs no permission on the
// directories above it and that survives the file's removal.
const self = "/proc/self/exe"

// helpers are the programs that the test binary can be, by behaviour. Filled
// by init, for some of them start others.
var helpers map[string]func(args []string)

// graceEnv is the time that a keeper gives to who may pass a signal on, if it is not the usual one.
const graceEnv = "PROC_TEST_SERVER_GRACE"

// lostEnv says that orphans do not fall to keepers, as on macOS.
const lostEnv = "PROC_TEST_ORPHANS_ARE_LOST"

var used sync.Map // names of helpers that a test has started

// A keeper of a test gets its times before its init.
var _ = func() error {
	reapsOrphans = os.Getenv(lostEnv) == ""
	d, err := time.ParseDuration(os.Getenv(graceEnv))
	if err == nil {
		passedWithin = d
	}
	return err
}()

// TestMain is a helper, if this process was started to be one, and else runs the tests. A helper that no test uses
// fails the suite.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if name, ok := strings.CutPrefix(os.Args[1], "helper:"); ok {
			helpers[name](os.Args[2:])
			os.Exit(0)
		}
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
	code := m.Run()
	if code == 0 && !selected() && testkit.Unused(helpers, &used) {
		code = 1
	}
	os.Exit(code)
}

// selected says whether only some of the tests ran.
func selected() bool {
	for _, arg := range os.Args[1:] {
		for _, flag := range []string{"-test.run=", "-test.list=", "-test.fuzz="} {
			if value, ok := strings.CutPrefix(arg, flag); ok && value != "" {
				return true
			}
		}
	}
	return false
}

// helper is the command line that makes the test binary that program.
func helper(name string, args ...string) []string {
	for _, word := range append(args, name) { // fork-away is told whom it leaves
		used.Store(word, true)
	}
	return append([]string{self, "helper:" + name}, args...)
}
