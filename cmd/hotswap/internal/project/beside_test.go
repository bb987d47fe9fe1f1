package project

import (
	"strings"
	"testing"
)

func TestBeside(t *testing.T) {
	f := parsed(t, "beside:\n  - tsc -w\n  - run: sh compile\n    ready: ^done\n    failed: ''\n")
	if len(f.Beside) != 2 || f.Beside[0].Command != "tsc -w" || f.Beside[0].Name != "hotswap.yaml:2" || f.Beside[0].Ready != nil || f.Beside[1].Name != "hotswap.yaml:3" {
		t.Fatalf("%+v", f.Beside)
	}
	if b := f.Beside[1]; b.Command != "sh compile" || !b.Ready.MatchString("done in 3 ms") || b.Failed.MatchString("") || b.Failed.MatchString("x") {
		t.Errorf("%+v", b)
	}
	if f := parsed(t, "beside:\n  run: a\n"); len(f.Beside) != 1 || f.Beside[0].Command != "a" {
		t.Errorf("%+v", f.Beside)
	}
	f = parsed(t, "beside: {run: db, ready: 'log:^accepts'}\n")
	if b := f.Beside[0]; !b.Service || !b.Ready.MatchString("accepts clients") || b.Ready.MatchString("log:accepts") {
		t.Errorf("%+v", b)
	}
	for text, want := range map[string]string{
		"beside: ''":                    "hotswap.yaml:1:9: beside is empty: give a command",
		"beside: {ready: a}":            "hotswap.yaml:1:9: beside has no run: give a command",
		"beside: {run: a, failed: (}":   "hotswap.yaml:1:26: failed: error parsing regexp: missing closing ): `(`",
		"beside: {run: a, compiler: b}": "is no key of beside: it has run, ready, failed",
	} {
		if _, err := Parse("/p/hotswap.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
