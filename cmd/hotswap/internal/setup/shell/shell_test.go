package shell

import (
	"os/exec"
	"strings"
	"testing"
)

// A word that is known is what a shell passes to the program.
func TestKnownWordsAreWhatTheShellPasses(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for _, words := range []string{
		`a 'b c' "d e" f\ g`, `'it'\''s' "say \"x\"" \"`, `"a\b" 'a\b' a\b "a\\b"`, "'new\nline' \"new\nline\" a\\\nb", `--exec='npm run x' -i"a b"c`,
		`"" '' a""b`, `"\$HOME" \$HOME '$HOME'`, `a#b "#" \#`, `"a\` + "\n" + `b"`, `ü "é"`, `{a,b} [x]`,
	} {
		leaves, ok := Parse("printf '%s\\0' " + words)
		if !ok || len(leaves) != 1 {
			t.Errorf("%s: not one command", words)
			continue
		}
		var got []string
		for _, w := range leaves[0].Words[2:] {
			if !w.Known {
				t.Errorf("%s: %s is not known", words, w.Raw)
			}
			got = append(got, w.Text)
		}
		cmd := exec.Command(sh, "-c", "printf '%s\\0' "+words)
		cmd.Dir = t.TempDir()
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %q, the shell passes %q", words, got, want)
		}
	}
	leaves, _ := Parse(`x $a "$b" a$c "$(d)" $((1)) ${e} ` + "`f`")
	for _, w := range leaves[0].Words[1:] {
		if w.Known {
			t.Errorf("%s: known as %q", w.Raw, w.Text)
		}
	}
}

// Commands are found with their place, and with those that ran before them in the same shell.
func TestParse(t *testing.T) {
	for script, want := range map[string]string{
		"a b":                           "a b<>",
		"A=b c d":                       "A=b c d<>",
		"a && b; c":                     "a<> b<a> c<a b>",
		"a & b":                         "a<> b<>",
		"a | b && c":                    "a<>| b<>| c<>",
		"(a; b) && c":                   "a<> b<a> c<>",
		"{ a; }; b":                     "a<> b<>",
		"a || b":                        "a<> b<a>",
		"if a; then b; fi; c":           "c<>",
		"a >log 2>&1 b":                 "",
		"a b >log":                      "a b<>",
		strings.Repeat("a;", leafLimit): strings.TrimSpace(repeated(leafLimit)),
		"a (":                           "not read",
		strings.Repeat("a;", 101):       "not read",
		"echo " + strings.Repeat("x", scriptLimit): "not read",
	} {
		leaves, ok := Parse(script)
		got := "not read"
		if ok {
			var all []string
			for _, l := range leaves {
				var before []string
				for _, b := range l.Before {
					before = append(before, Join(b.Words))
				}
				text := script[l.From:l.To] + "<" + strings.Join(before, " ") + ">"
				if l.Piped {
					text += "|"
				}
				all = append(all, text)
			}
			got = strings.Join(all, " ")
		}
		if got != want {
			t.Errorf("%.40s: %.100s, want %.100s", script, got, want)
		}
	}
}

func repeated(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("a<" + strings.TrimSuffix(strings.Repeat("a ", i), " ") + "> ")
	}
	return b.String()
}

func TestChain(t *testing.T) {
	for script, want := range map[string]string{
		"a b && c d && e": "a b|c d|e", "a && X=y b": "a|X=y b", "a": "no", "a; b": "no", "a || b": "no", "cd a && b": "no", "a && (b)": "no", "a && b | c": "no", "a && b >c": "no",
		"export X=y && b": "no", "a && b ": "a|b",
	} {
		leaves, _ := Parse(script)
		steps, last, ok := Chain(script, leaves)
		got := "no"
		if ok {
			got = strings.Join(append(steps, Join(last)), "|")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}

// Whatever the script: the words of a command stand where the command says.
func FuzzParse(f *testing.F) {
	for _, script := range []string{"a && b", "A=b c 'd' \"e\" $f >g; (h | i) &", "cd x && y", "`a` $(b) ${c:-d}", "a \\\n b", "é 'ü"} {
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script string) {
		leaves, ok := Parse(script)
		if !ok {
			return
		}
		end := 0
		for _, l := range leaves {
			if l.From < end || l.To > len(script) || l.From >= l.To || len(l.Words) == 0 {
				t.Fatalf("%d-%d after %d", l.From, l.To, end)
			}
			at := l.From
			for _, w := range l.Words {
				i := strings.Index(script[at:l.To], w.Raw)
				if i < 0 {
					t.Fatalf("%q is not in %q", w.Raw, script[at:l.To])
				}
				at += i + len(w.Raw)
			}
			end = l.To
		}
		Chain(script, leaves)
	})
}
