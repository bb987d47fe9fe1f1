package node

import (
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
)

func TestOptionsAreAppended(t *testing.T) {
	for _, c := range []struct{ user, script, want string }{
		{"", "/c/adapter.cjs", "--require /c/adapter.cjs"},
		{"--max-old-space-size=512", "/c/adapter.cjs", "--max-old-space-size=512 --require /c/adapter.cjs"},
		{`--require "/my dir/a.js" `, "/c/adapter.cjs", `--require "/my dir/a.js" --require /c/adapter.cjs`},
		// hotswap below hotswap
		{"-r ./a.js --require /c/adapter.cjs", "/c/adapter.cjs", "-r ./a.js --require /c/adapter.cjs"},
		{"", `/a "b"\c/adapter.cjs`, `--require "/a \"b\"\\c/adapter.cjs"`},
	} {
		got := withRequire(c.user, c.script)
		if got != c.want {
			t.Errorf("%q and %q make %q, want %q", c.user, c.script, got, c.want)
		}
		words := SplitOptions(got)
		if n := len(words); n < 2 || words[n-2] != "--require" || words[n-1] != c.script {
			t.Errorf("Node reads %q", words)
		}
	}
}

// A backslash escapes between quotes only.
func TestSplitOptions(t *testing.T) {
	if got, want := SplitOptions(`a\b  ""--c "d\" e"`), []string{`a\b`, "--c", `d" e`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEnvironment(t *testing.T) {
	env := []string{"A=1", "NODE_OPTIONS=-r x", wire.Variable + "=/of/one/above", PolicyVariable + "=x", rememberVar +
		"=/of/one/above", "B=2"}
	want := []string{"A=1", "B=2", "NODE_OPTIONS=-r x --require /c/adapter.cjs", wire.Variable + "=/s"}
	if got := Script("/c/adapter.cjs").Environ(env, "/s", false); !slices.Equal(got[:len(want)], want) {
		t.Errorf("%q", got)
	}
	want = slices.Insert(want, 2, PolicyVariable+"=keep")
	if got := Script("/c/adapter.cjs").Environ(env, "/s", true); !slices.Equal(got[:len(want)], want) {
		t.Errorf("%q", got)
	}
	if env[1] != "NODE_OPTIONS=-r x" || len(env) != 6 {
		t.Error("what was given is altered")
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("/home/a b/x", "-r y")
	f.Add(`/"\`, `--title="a b"`)
	f.Fuzz(func(t *testing.T, script, user string) {
		if script == "" || strings.Count(user, `"`)%2 != 0 || strings.Contains(user, `\`) {
			t.Skip() // Node itself refuses the user's, or its end is another's
		}
		words := SplitOptions(withRequire(user, script))
		if n := len(words); words[n-1] != script || words[n-2] != "--require" {
			t.Errorf("%q behind %q is read as %q", script, user, words)
		}
	})
}
