package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/urfave/cli/v2"
)

// helpOptions are the options that the help has, and the word behind each.
func helpOptions() map[string]string {
	options := map[string]string{}
	line := regexp.MustCompile(`(?m)^  (?:-\w, |    )--([\w-]+)(?: (\S+))?`)
	for _, m := range line.FindAllStringSubmatch(helpText, -1) {
		options[m[1]] = m[2]
	}
	return options
}

// Each option is in the help, with its default as the code has it, and can be
// said by the environment; and the help has no other.
func TestHelpHasEveryOption(t *testing.T) {
	said := helpOptions()
	delete(said, "version")
	for _, f := range options.Flags() {
		name := f.Names()[0]
		value, ok := said[name]
		delete(said, name)
		if !ok {
			t.Errorf("--%s is not in the help", name)
			continue
		}
		for _, alias := range f.Names()[1:] {
			if !strings.Contains(helpText, fmt.Sprintf("-%s, --%s ", alias, name)) {
				t.Errorf("-%s for --%s is not in the help", alias, name)
			}
		}
		switch f := f.(type) {
		case *cli.DurationFlag:
			if d, err := time.ParseDuration(value); err != nil || d != f.Value {
				t.Errorf("--%s %s in the help, %s is the default", name, value, f.Value)
			}
		case *cli.IntFlag:
			if value != fmt.Sprint(f.Value) {
				t.Errorf("--%s %s in the help, %d is the default", name, value, f.Value)
			}
		case *cli.StringFlag:
			if f.Value != "" && !strings.HasPrefix(value, f.Value) {
				t.Errorf("--%s %s in the help, %s is the default", name, value, f.Value)
			}
		}
	}
	if len(said) > 0 {
		t.Errorf("in the help, but no options: %v", said)
	}
}

func TestEveryOptionIsAVariable(t *testing.T) {
	for _, f := range options.Flags() {
		name := f.Names()[0]
		v := "HOTSWAP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		t.Setenv(v, "x")
		t.Setenv(options.RunEnv, "")
		i := slices.IndexFunc(options.Flags(), func(f cli.Flag) bool { return f.Names()[0] == name })
		got := options.Flags()[i].(cli.DocGenerationFlag).GetEnvVars()
		if !slices.Contains(got, v) {
			t.Errorf("--%s cannot be said by %s: %v", name, v, got)
		}
	}
}

// What the documents say of options is true of this hotswap: no option in them
// has another name, or none.
func TestDocumentsKnowTheOptions(t *testing.T) {
	known := map[string]bool{"version": true, "help": true, "json": true, "pid": true,
		"init": true, "inspect": true, "inspect-brk": true} // docker's and node's
	for _, f := range options.Flags() {
		known[f.Names()[0]] = true
	}
	option := regexp.MustCompile("hotswap (?:status |reload |rollback |stop )?(--[^`]*?)(?: -- |`)|`--([a-z-]+)[ `]")
	name := regexp.MustCompile(`(?:^| )--([a-z][a-z-]+)`)
	for _, doc := range []string{"../../README.md", "../../docs/design.md", "../../docs/use.md", "../../docs/watching.md", "../../docs/services.md"} {
		b, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
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

// docs/events.md has each event of --log json, with its fields, and no other.
func TestDocumentHasEveryEvent(t *testing.T) {
	b, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|(.*)$").FindAllStringSubmatch(string(b), -1) {
		rows[m[1]] = m[2]
	}
	files, err := filepath.Glob("internal/ui/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "changes.go")
	statement := regexp.MustCompile(`(?s)\.Str\("event", "([a-z-]+)"\)(.*?[^.,(]\n)`)
	field := regexp.MustCompile(`\.\s*(?:Str|Strs|Int|Int64|Float64|Bool|Stringer|Interface|Dur)\("(\w+)"`)
	said := map[string]bool{}
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
	}
	for event := range rows {
		if !said[event] {
			t.Errorf("docs/events.md tells of %s, which nothing says", event)
		}
	}
	for event := range said {
		if rows[event] == "" {
			t.Errorf("docs/events.md does not tell of %s", event)
		}
	}
}
