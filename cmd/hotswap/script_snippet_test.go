package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// snippet PAGE HEADING LANGUAGE FILE: writes the first code of that language below a heading of a page of the
// docs to a file, so that what the docs show is what runs.
func snippet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: snippet page heading language file")
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", args[0]))
	ts.Check(err)
	_, below, found := strings.Cut(string(page), "\n## "+args[1]+"\n")
	below, _, _ = strings.Cut(below, "\n## ")
	_, code, has := strings.Cut(below, "\n```"+args[2]+"\n")
	code, _, ends := strings.Cut(code, "\n```\n")
	if !found || !has || !ends {
		ts.Fatalf("%s has no %s below %s", args[0], args[2], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(code+"\n"), 0o600))
}
