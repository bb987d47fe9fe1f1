package ruby

import (
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What the user has in RUBYOPT stays, and comes first. Ruby accepts the rest, and no program sees it; a hotswap below
// another one adds nothing.
func TestEnviron(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	env := Environ([]string{"A=1", "RUBYOPT=-W0"})
	if again := Environ(env); !slices.Equal(again, env) {
		t.Errorf("%q, again: %q", env, again)
	}
	if _, err := exec.LookPath("ruby"); err != nil {
		t.Skip(err) // .ci/install installs it, with puma
	}
	cmd := exec.Command("ruby", "-e", `print $VERBOSE.inspect, defined?(HotswapPuma)`)
	cmd.Env = append(os.Environ(), append(env, "HOTSWAP_WIRE=/nowhere")...)
	if out := testkit.Must(cmd.Output())(t); string(out) != "nil" {
		t.Errorf("%q with RUBYOPT=%s", out, handoff.Value(env, variable))
	}
}
