package project

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// dotenvs are texts that npm's dotenv, Node and hotswap understand alike, and what they mean.
var dotenvs = map[string]map[string]string{
	"A=1\nB= 2 \nC=\n":                          {"A": "1", "B": "2", "C": ""},
	"export A=1\n  B=2":                         {"A": "1", "B": "2"},
	"# A=1\nB=2 # two\nC=x#y":                   {"B": "2", "C": "x"},
	`A="x # y" # z`:                             {"A": "x # y"},
	"A='x # y'\nB=`it's \"q\"`":                 {"A": "x # y", "B": `it's "q"`},
	"A=\"line one\nline two\"\nB=2":             {"A": "line one\nline two", "B": "2"},
	"KEY='-----BEGIN-----\nab=\n-----END-----'": {"KEY": "-----BEGIN-----\nab=\n-----END-----"},
	`A="one\ntwo"` + "\n" + `B='one\ntwo'`:      {"A": "one\ntwo", "B": `one\ntwo`},
	"A=1\r\nB=2\r\n":                            {"A": "1", "B": "2"},
	"A=a=b&c=d\nB=http://x/?y=1":                {"A": "a=b&c=d", "B": "http://x/?y=1"},
	`A=pa$word` + "\n" + `B='pa${X}'`:           {"A": "pa$word", "B": "pa${X}"},
	`A={"a": "b"}`:                              {"A": `{"a": "b"}`},
	"A=\"it's\"\nB='say \"hi\"'":                {"A": "it's", "B": `say "hi"`},
	"A=1\nA=2":                                  {"A": "2"},
}

func TestParseEnv(t *testing.T) {
	dotenvs := maps.Clone(dotenvs)
	dotenvs["\n\n  \nA=1\n\n"] = map[string]string{"A": "1"} // Node 22 takes an empty line into the name
	for text, want := range dotenvs {
		vars, line, why := parseEnv(text)
		got := map[string]string{}
		for _, v := range vars {
			got[v.name] = v.value
		}
		if why != "" || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, line %d: %s, want %q", text, got, line, why, want)
		}
	}
}

// What is wrong has its line, and no line quotes the file.
func TestParseEnvErrors(t *testing.T) {
	for text, want := range map[string]struct {
		line int
		why  string
	}{
		"A=1\n\nsecret\nB=2":               {3, "not of the form NAME=value"},
		"A=\"1\n2\"\n=secret":              {3, "not of the form NAME=value"},
		"# x\nA='secret\nB=2\n":            {2, "the quote is not closed"},
		"A=1\nB=\"":                        {2, "the quote is not closed"},
		"A B=secret":                       {1, "not of the form NAME=value"},
		"A=x\x00secret":                    {1, "the value has a NUL byte"},
		"A=1\n[section]\n":                 {2, "not of the form NAME=value"},
		"A=" + "`x\n" + "B=\"y\nz\"\nnone": {1, "the quote is not closed"},
	} {
		if vars, line, why := parseEnv(text); line != want.line || why != want.why {
			t.Errorf("%q: line %d: %q, want %d: %q (%+v)", text, line, why, want.line, want.why, vars)
		}
	}
}

func TestEnv(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		testkit.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	environ := Environ(dir, []string{".env", ".env.local", ".env.missing"}, []string{"SET=by the environment", "EMPTY="})
	t.Chdir(dir)
	read := func(want ...string) {
		t.Helper()
		got, err := environ()
		if err != nil || !slices.Equal(got.Vars, want) {
			t.Errorf("%q, %v, want %q", got.Vars, err, want)
		}
	}
	read()
	write(".env", "SET=no\nEMPTY=no\nA=1\nB=${A} $A\n")
	write(".env.local", "A=2\nD=x\n")
	read("A=2", "B=${A} $A", "D=x")
	for text, want := range map[string]string{
		"A=1\nsecret": ".env.local:2: not of the form NAME=value",
		strings.Repeat("# secret\n", 1<<20): ".env.local: read " + filepath.Join(dir, ".env.local") +
			": it has more than 8388608 bytes",
	} {
		write(".env.local", text)
		if _, err := environ(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	testkit.NoError(t, os.Remove(filepath.Join(dir, ".env.local")))
	testkit.NoError(t, os.Mkdir(filepath.Join(dir, ".env.local"), 0o700))
	if _, err := environ(); err == nil || !strings.HasPrefix(err.Error(), ".env.local: not a regular file") {
		t.Errorf("%v", err)
	}
}

// FuzzParseEnv: every text is variables or one wrong line, and variables can be set.
func FuzzParseEnv(f *testing.F) {
	for text := range dotenvs {
		f.Add(text)
	}
	f.Add("A=\"\\\"\nB='\\'\n`")
	f.Fuzz(func(t *testing.T, text string) {
		vars, line, why := parseEnv(text)
		if lines := strings.Count(strings.ReplaceAll(text, "\r", "\n"), "\n") + 1; line > lines ||
			(line == 0) != (why == "") {
			t.Errorf("%q: line %d of %d: %q", text, line, lines, why)
		}
		for _, v := range vars {
			if v.name == "" || strings.ContainsAny(v.name, "= \n\x00") || strings.ContainsRune(v.value, 0) {
				t.Errorf("%q: %+v", text, v)
			}
		}
	})
}
