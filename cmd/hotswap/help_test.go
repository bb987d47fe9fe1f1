package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What the documents say of options is true of this hotswap: no option in them
// has another name, or none.
func TestDocumentsKnowTheOptions(t *testing.T) {
	known := map[string]bool{"version": true, "help": true, "json": true, "pid": true, "timeout": true, "for": true, "name": true, "follow": true, "gen": true, "since": true,
		"init": true, "cap-add": true, "inspect": true, "inspect-brk": true} // docker's and node's
	for _, f := range new(options.Options).Flags() {
		known[f.Names()[0]] = true
	}
	option := regexp.MustCompile("hotswap (?:status |reload |rollback |stop )?(--[a-z][^`]*?)(?: -- |`)|`--([a-z-]+)[ `]")
	name := regexp.MustCompile(`(?:^| )--([a-z][a-z-]+)`)
	for _, doc := range []string{"../../README.md", "../../docs/design.md", "../../docs/use.md", "../../docs/production.md", "../../docs/browsers.md", "../../docs/troubleshooting.md", "../../docs/rules.md"} {
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
	statement := regexp.MustCompile(`(?s)\.(?:debug|info|warn|fail|at|about)\((?:level, |zerolog\.\w+, )?"([a-z-]+)"[,)](.*?[^.,({]\n)`)
	event := regexp.MustCompile(`\.(debug|info|warn|fail|at|about)\((?:level, |zerolog\.\w+, )?"([a-z-]+)"[,)]`)
	field := regexp.MustCompile(`\.\s*(?:Str|Strs|Int|Int64|Float64|Bool|Stringer|Interface|Dur)\("(\w+)"`)
	said, functions := map[string]bool{}, map[string]string{} // by event; functions: the code that says the event
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range statement.FindAllStringSubmatch(string(b), -1) {
			said[m[1]] = true
			fields := field.FindAllStringSubmatch(m[2], -1)
			if strings.Contains(m[2], ".Err(") {
				fields = append(fields, []string{"", "error"})
			}
			for _, f := range fields {
				if !strings.Contains(rows[m[1]], "`"+f[1]+"`") {
					t.Errorf("%s: docs/events.md does not tell of %s in %s", file, f[1], m[1])
				}
			}
		}
		for function := range strings.SplitSeq(string(b), "\nfunc ") {
			for _, m := range event.FindAllStringSubmatch(function, -1) {
				functions[m[2]] += strings.ReplaceAll(function, ".Err(", `"error"`)
				if m[1] == "about" {
					functions[m[2]] += `"holder" "name"`
				}
			}
		}
	}
	for event, row := range rows {
		if !said[event] {
			t.Errorf("docs/events.md tells of %s, which nothing says", event)
		}
		_, fields, _ := strings.Cut(row, " · ")
		for _, f := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(fields, -1) {
			if !strings.Contains(functions[event], `"`+f[1]+`"`) {
				t.Errorf("docs/events.md tells of %s in %s, which is not there", f[1], event)
			}
		}
	}
	for event := range said {
		if rows[event] == "" {
			t.Errorf("docs/events.md does not tell of %s", event)
		}
	}
}
