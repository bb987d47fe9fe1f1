package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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
	for _, f := range runFlags() {
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
	for _, f := range runFlags() {
		name := f.Names()[0]
		v := "HOTSWAP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		t.Setenv(v, "x")
		t.Setenv(runEnv, "")
		i := slices.IndexFunc(runFlags(), func(f cli.Flag) bool { return f.Names()[0] == name })
		got := runFlags()[i].(cli.DocGenerationFlag).GetEnvVars()
		if !slices.Contains(got, v) {
			t.Errorf("--%s cannot be said by %s: %v", name, v, got)
		}
	}
}

// What the documents say of options is true of this hotswap: no option in them
// has another name, or none.
func TestDocumentsKnowTheOptions(t *testing.T) {
	known := map[string]bool{"version": true, "help": true, "json": true, "pid": true,
		"init": true, "inspect": true} // docker's and node's
	for _, f := range runFlags() {
		known[f.Names()[0]] = true
	}
	option := regexp.MustCompile("hotswap (?:status |reload |rollback |stop )?(--[^`]*?)(?: -- |`)|`--([a-z-]+)[ `]")
	name := regexp.MustCompile(`(?:^| )--([a-z][a-z-]+)`)
	for _, doc := range []string{"../../README.md", "../../docs/design.md"} {
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
