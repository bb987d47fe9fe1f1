package launchers

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What the text of a shell does, for all who ask: those who leave the shell out, who start it twice, who watch what it
// runs, and who write its commands into hotswap.yaml. What is not understood is said to be so.
func TestTexts(t *testing.T) {
	for text, want := range map[string]string{
		"a b": "a b", " a ": "a", "A=b c d": "A=b c d", "'A'=b c": "'A'=b c", "a 'b && c'": "a 'b && c'",
		`a "${b:-"c"}"`: `a "${b:-"c"}"`,
		"a && b; c":     "a &&b ;c", "a & b|c": "a &b |c", "a||b": "a ||b", "a\nb": "a ;b", "a \\\n b": "a b",
		"export A=b C && d": "export A=b C &&d",
		"a >b":              "a, redirects, writes", "a 2>&1 | b": "a |b, redirects",
		"a >/dev/null 2>>b": "a, redirects, writes",
		"a >&b":             "a, redirects, writes",
		"a <b":              "a, redirects", "a <<E\n>\nE": "a, redirects", "a >$b": "a, redirects, writes",
		"a &>b": "a, redirects, writes", "a > /dev/null": "a, redirects",
		">a": ", compound, redirects, writes", "a >(b)": "a >(b) b, compound, writes",
		"node -e '() => 1'": "node -e '() => 1'", "[ a '>' b ]": "[ a '>' b ]",
		"": "", "# a": ", compound", "a # b": "a, compound", "! a": "a, compound", "a &": "a, compound",
		"a ;": "a, compound", "(a; b)": "a b, compound",
		"{ a >b; }": "a, compound, redirects, writes", "if a; then b; fi": "a b, compound",
		"for a in b; do c $a; done": "c $a, compound",
		"f() { kill $1; }; f":       "kill $1 ;f, compound", "a $(b)": "a $(b) b, compound",
		"a `b`":        "a `b` b, compound",
		`a "$(b "c")"`: `a "$(b "c")" b "c", compound`,
		"a ${b:-$(c)}": "a ${b:-$(c)} c, compound", "a $((1))": "a $((1)), compound", "a $@": "a $@",
		"time a": "a, compound", "A=(b c)": "A=(b c), compound",
		"A+=b c": "A+=b c, compound", "a |& b": "a |&b, compound", "a @(b|c)": "a @(b|c), compound",
		"[[ a > b ]] && c": "&&c, compound",
		"a &&":             "?", "&& a": "?", "a & & b": "?", "a;;b": "?", "a (": "?", `a "`: "?", "a 'b": "?",
		"a )":                           "?",
		strings.Repeat("$(", longest/2): "?", strings.Repeat("(", longest+1): "?",
		"a " + strings.Repeat("x", longest): "?",
	} {
		s, err := Read(text)
		var all []string
		for _, c := range s.Commands {
			var words []string
			for _, w := range c.Words {
				words = append(words, w.Raw)
			}
			all = append(all, c.Operator+strings.Join(words, " "))
		}
		is := map[bool]string{true: ", compound"}[s.Compound] + map[bool]string{true: ", redirects"}[s.Redirects] +
			map[bool]string{true: ", writes"}[s.Writes]
		got := strings.Join(all, " ") + is
		if err != nil {
			got = "?"
		}
		if got != want {
			t.Errorf("%.40q: %.100q, want %.100q", text, got, want)
		}
	}
}

// A word that is known is what a shell passes to the program.
func TestKnownWordsAreWhatTheShellPasses(t *testing.T) {
	for _, words := range []string{
		`a 'b c' "d e" f\ g`, `'it'\''s' "say \"x\"" \"`, `"a\b" 'a\b' a\b "a\\b"`, `--exec='npm run x' -i"a b"c`, `a\`,
		`"" '' a""b`, `"\$HOME" \$HOME '$HOME'`, `a#b "#" \#`, `.ts$ x$`, `ü "é"`, `{a,b} [x]`, `'"' "'" a~ \~`,
		"'a\nb' \"c\nd\"",
	} {
		s := testkit.Must(Read("printf '%s\\0' " + words))(t)
		if len(s.Commands) != 1 || s.Compound {
			t.Errorf("%s: not one command", words)
			continue
		}
		var got []string
		for _, w := range s.Commands[0].Words[2:] {
			if !w.Known {
				t.Errorf("%s: %s is not known", words, w.Raw)
			}
			got = append(got, w.Text)
		}
		cmd := exec.Command("sh", "-c", "printf '%s\\0' "+words)
		cmd.Dir = t.TempDir()
		out := testkit.Must(cmd.Output())(t)
		want := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %q, the shell passes %q", words, got, want)
		}
	}
	for _, w := range testkit.Must(Read(`$x $a "$b" a$c ${e} "${f:-g}" ~/h $'i' A=$b`))(t).Commands[0].Words {
		if w.Known || w.Text != "" {
			t.Errorf("%s: known as %q", w.Raw, w.Text)
		}
	}
}

func TestHarmless(t *testing.T) {
	for text, why := range map[string]string{
		"": "", "tsx x 2>&1": "", "node . --x": "", "echo kill x": "", "node -e 'a => b'": "", "exec node x": "",
		"> not to be read": "writes to a file", "echo $$ > pid; tsx x": "writes to a file",
		"date >>log\nexec tsx x": "writes to a file", "f() { a >b; }": "writes to a file",
		"kill 7; tsx x": `does "kill"`, "a && { . ./b; }": `does "."`, "a $(command eval b)": `does "eval"`,
		"trap a INT": `does "trap"`, "a 'b": "not understood",
	} {
		if err := Harmless(text); why == "" && err != nil ||
			why != "" && (err == nil || !strings.Contains(err.Error(), why)) {
			t.Errorf("%q: %v, want %q", text, err, why)
		}
	}
}

func TestRuns(t *testing.T) {
	for argv, want := range map[string]string{
		"sh|-c|a b": "a b|", "bash|-lc|a": "a|", "bash|-ce|a": "a|",
		"bash|-o|pipefail|-c|a":   "a|",
		"/bin/bash|--norc|-c|a|b": "a|",
		"bash|--rcfile|x|-c|a":    "a|", "busybox|sh|-c|a": "a|", "sh|a.sh|-c|b": "|a.sh",
		"sh|-e|a.sh": "|a.sh", "sh": "|", "sh|-c": "|", "sh|-c|": "|",
	} {
		text, file := Runs(strings.Split(argv, "|"))
		if got := text + "|" + file; got != want {
			t.Errorf("%s: %s, want %s", argv, got, want)
		}
	}
	for text, want := range map[string]bool{"#!/bin/sh\na": true, "#!/usr/bin/env -S bash -e": true,
		"#!/usr/bin/env node\n": false, "sh": false, "": false} {
		if IsScript(text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}
