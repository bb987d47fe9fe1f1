package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What the documents say of options is true of this hotswap: no option in them
// has another name, or none.
func TestDocumentsKnowTheOptions(t *testing.T) {
	known := map[string]bool{"version": true, "help": true, "json": true, "pid": true, "all": true, "timeout": true, "for": true,
		"name": true, "follow": true, "gen": true, "since": true,
		"init": true, "cap-add": true, "inspect": true, "inspect-brk": true} // docker's and node's
	for _, f := range new(options.Options).Flags() {
		known[f.Names()[0]] = true
	}
	option := regexp.MustCompile(
		"hotswap (?:status |reload |rollback |stop )?(--[a-z][^`]*?)(?: -- |`)|`--([a-z-]+)[ `]")
	name := regexp.MustCompile(`(?:^| )--([a-z][a-z-]+)`)
	for _, doc := range []string{"../../README.md", "../../docs/design.md", "../../docs/use.md",
		"../../docs/production.md", "../../docs/browsers.md", "../../docs/troubleshooting.md", "../../docs/rules.md"} {
		b := testkit.Must(os.ReadFile(doc))(t)
		for _, m := range option.FindAllStringSubmatch(string(b), -1) {
			names := name.FindAllStringSubmatch(m[1], -1)
			if m[2] != "" {
				names = [][]string{{"", m[2]}}
			}
			for _, n := range names {
				if !known[n[1]] {
					t.Errorf("%s: --%s is no option", doc, n[1])
				}
			}
		}
	}
}

// docs/events.md has each event of --log json, with its fields, and no others.
func TestDocumentHasEveryEvent(t *testing.T) {
	b := testkit.Must(os.ReadFile("../../docs/events.md"))(t)
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^- `([a-z-]+)`: (.*)$").FindAllStringSubmatch(string(b), -1) {
		rows[m[1]] = m[2]
	}
	files := testkit.Must(filepath.Glob("internal/ui/*.go"))(t)
	begins := []string{"debug", "info", "warn", "fail", "at", "about"}
	said := map[string][]string{} // by event: its fields
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		code := testkit.Must(parser.ParseFile(token.NewFileSet(), file, nil, 0))(t)
		ast.Inspect(code, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			function, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains(begins, function.Sel.Name) {
				return true
			}
			fields := call.Args
			switch function.Sel.Name {
			case "at":
				fields = fields[1:] // the level
			case "about":
				fields = slices.Concat(fields[1:2], fields[5:]) // not the endpoint, the other program and the line
			}
			event, ok := text(fields[0])
			if !ok { // a function that gets the event
				return true
			}
			said[event] = append(said[event], map[string][]string{"about": {"holder", "name"}}[function.Sel.Name]...)
			if len(fields)%2 != 1 {
				t.Errorf("%s: a field of %s has no value", file, event)
			}
			for pair := range slices.Chunk(fields[1:], 2) {
				name, ok := text(pair[0])
				if !ok {
					t.Errorf("%s: a field of %s has no name", file, event)
				}
				if name == "post" {
					said[event] = append(said[event], "quote", "place", "stderr")
					continue
				}
				said[event] = append(said[event], name)
			}
			return true
		})
	}
	for event, row := range rows {
		_, fields, _ := strings.Cut(row, " · ")
		has, is := said[event]
		if !is {
			t.Errorf("docs/events.md tells of %s, which nothing says", event)
		}
		delete(said, event)
		for _, f := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(fields, -1) {
			if !slices.Contains(has, f[1]) {
				t.Errorf("docs/events.md tells of %s in %s, which is not there", f[1], event)
			}
		}
		for _, f := range has {
			if !strings.Contains(row, "`"+f+"`") {
				t.Errorf("docs/events.md does not tell of %s in %s", f, event)
			}
		}
	}
	for event := range said {
		t.Errorf("docs/events.md does not tell of %s", event)
	}
}

// text returns the text of a literal.
func text(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}
