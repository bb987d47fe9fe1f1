package project

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

const docs = "../../../../docs/"

// Every option is a key of the file, and docs/rules.md has the keys of rules and tasks.
func TestEveryKeyIsDocumented(t *testing.T) {
	var names []string
	for _, f := range new(reader).top() {
		names = append(names, f.name)
	}
	for _, key := range options.Keys() {
		if !slices.Contains(names, strings.ReplaceAll(key.Option, "-", "_")) {
			t.Errorf("%s is no key of the file", key.Option)
		}
	}
	text, err := os.ReadFile(docs + "rules.md")
	if err != nil {
		t.Fatal(err)
	}
	for heading, fields := range map[string][]field{
		"## Rules: `on`":   new(reader).ruleFields(new(rule.Rule)),
		"## Tasks: `once`": new(reader).taskFields(new(rule.Rule)),
	} {
		_, section, _ := strings.Cut(string(text), heading)
		section, _, _ = strings.Cut(section, "\n## ")
		var documented, read []string
		for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(section, -1) {
			documented = append(documented, m[1])
		}
		for _, f := range fields {
			read = append(read, f.name)
		}
		if !slices.Equal(documented, read) {
			t.Errorf("%s: documented are %q, read are %q", heading, documented, read)
		}
	}
}

// Every example of a file in the docs is read.
func TestExamplesInDocs(t *testing.T) {
	found := 0
	pages, _ := filepath.Glob(docs + "*.md")
	more, _ := filepath.Glob(docs + "../*.md")
	files, _ := filepath.Glob(docs + "../examples/*/" + Name)
	check := func(path, text string) {
		found++
		if _, err := Parse(path, []byte(text)); err != nil {
			t.Errorf("%s: %v in\n%s", path, err, text)
		}
	}
	block := regexp.MustCompile("(?sm)^ *```yaml\n(.*?)^ *```")
	for _, page := range slices.Concat(pages, more) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range block.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "services:") || strings.Contains(m[1], "jobs:") {
				continue // Compose's and GitHub's
			}
			check(page, m[1])
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		check(file, string(text))
	}
	if found == 0 {
		t.Error("there is no example")
	}
}
