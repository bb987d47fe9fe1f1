package setup

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A word that is known is what a shell passes to the program.
func TestKnownWordsAreWhatTheShellPasses(t *testing.T) {
	for _, words := range []string{
		`a 'b c' "d e" f\ g`, `'it'\''s' "say \"x\"" \"`, `"a\b" 'a\b' a\b "a\\b"`, `--exec='npm run x' -i"a b"c`,
		`"" '' a""b`, `"\$HOME" \$HOME '$HOME'`, `a#b "#" \#`, `.ts$ x$`, `ü "é"`, `{a,b} [x]`, `'"' "'" a~ \~`,
	} {
		commands, ok := split("printf '%s\\0' " + words)
		if !ok || len(commands) != 1 {
			t.Errorf("%s: not one command", words)
			continue
		}
		var got []string
		for _, w := range commands[0].words[2:] {
			if !w.known {
				t.Errorf("%s: %s is not known", words, w.raw)
			}
			got = append(got, w.text)
		}
		cmd := exec.Command("sh", "-c", "printf '%s\\0' "+words)
		cmd.Dir = t.TempDir()
		out := testkit.Must(cmd.Output())(t)
		if want := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %q, the shell passes %q", words, got, want)
		}
	}
	commands, _ := split(`x $a "$b" a$c ${e} "${f:-g}" ~/h`)
	for _, w := range commands[0].words[1:] {
		if w.known || w.text != "" {
			t.Errorf("%s: known as %q", w.raw, w.text)
		}
	}
}

// Scripts are cut into commands, and those that have more than words and operators are left alone.
func TestSplit(t *testing.T) {
	for script, want := range map[string]string{
		"a b": "a b", "A=b c d": "A=b c d", "a && b; c": "a &&b ;c", "a & b|c": "a &b |c", "a||b": "a ||b", " a ": "a", "a 'b && c'": "a 'b && c'",
		"": "no", "a &&": "no", "&& a": "no", "a & & b": "no", "a;;b": "no", "a &": "no", "a ;": "no", "(a; b)": "no", "{ a; }": "no", "if a; then b; fi": "no",
		"a >b": "no", "a 2>&1 | b": "no", "a (": "no", "a $(b)": "no", "a `b`": "no", `a "$(b "c")"`: "no", `a "`: "no", "a 'b": "no", `a "${b:-"c"}"`: "no",
		"a # b": "no", "! a": "no", "a\nb": "no", "a\x1bb": "no", "a $((1))": "no", "a $@": "no", "a\\": "no", "for a in b; do c; done": "no",
		"echo " + strings.Repeat("x", scriptLimit): "no",
	} {
		commands, ok := split(script)
		got := "no"
		if ok {
			var all []string
			for _, c := range commands {
				all = append(all, c.operator+join(c.words))
			}
			got = strings.Join(all, " ")
		}
		if got != want {
			t.Errorf("%.40s: %.100s, want %.100s", script, got, want)
		}
	}
}

func TestChain(t *testing.T) {
	for script, want := range map[string]string{
		"a b && c d && e": "a b|c d|e", "a && X=y b": "a|X=y b", "a": "a", "exec a": "exec a", "a && b ": "a|b",
		"a; b": "no", "a || b": "no", "cd a && b": "no", "a && (b)": "no", "a && b | c": "no", "a && b >c": "no", "export X=y && b": "no", "X=y && b": "no",
	} {
		steps, last, ok := chain(script)
		got := "no"
		if ok {
			got = strings.Join(append(steps, join(last)), "|")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}
