package project

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const docs = "../../../../docs/"

// aSchema is of a mapping, perhaps as one of several forms of a value.
type aSchema struct {
	Description string
	Properties  map[string]aSchema
	AnyOf       []aSchema
}

// keys returns those of the mapping.
func (s aSchema) keys() []string {
	for _, form := range s.AnyOf {
		if keys := form.keys(); keys != nil {
			return keys
		}
	}
	return slices.Sorted(maps.Keys(s.Properties))
}

// The schema in the docs has the keys that the reader takes, and describes options as the help does.
func TestSchemaInDocs(t *testing.T) {
	var s aSchema
	testkit.NoError(t, json.Unmarshal(theSchema(t), &s))
	for of, c := range map[string]struct {
		schema aSchema
		fields []field
	}{
		"the file": {s, top()}, "on": {s.Properties["on"], ruleFields(new(rule.Rule))},
		"once":   {s.Properties["once"], taskFields(new(rule.Rule))},
		"beside": {s.Properties["beside"], besideFields(new(report.Beside))},
	} {
		var read []string
		for _, f := range c.fields {
			read = append(read, f.name)
		}
		slices.Sort(read)
		if !slices.Equal(c.schema.keys(), read) {
			t.Errorf("%s: the schema has %q, read are %q", of, c.schema.keys(), read)
		}
	}
	valid := validator(t)
	for _, o := range options.All() {
		key := options.KeyName(o.Name)
		if got := s.Properties[key].Description; got != o.Help {
			t.Errorf("%s is described as %q, want %q", key, got, o.Help)
		}
		for _, word := range o.Takes.Words {
			testkit.NoError(t, valid(key+": "+word))
		}
	}
}

// docs/rules.md has the keys of rules and tasks.
func TestEveryKeyIsDocumented(t *testing.T) {
	text := testkit.Must(os.ReadFile(docs + "rules.md"))(t)
	for heading, fields := range map[string][]field{
		"## Rules: `on`":                          ruleFields(new(rule.Rule)),
		"## Tasks: `once`":                        taskFields(new(rule.Rule)),
		"## Programs beside the server: `beside`": besideFields(new(report.Beside)),
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

// validator returns what reports a text that the schema does not take.
func validator(t *testing.T) func(text string) error {
	t.Helper()
	var s jsonschema.Schema
	testkit.NoError(t, json.Unmarshal(theSchema(t), &s))
	resolved := testkit.Must(s.Resolve(nil))(t)
	return func(text string) error {
		t.Helper()
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			return err
		}
		plain := testkit.Must(json.Marshal(value))(t)
		testkit.NoError(t, json.Unmarshal(plain, &value))
		return resolved.Validate(value)
	}
}

// Every example of a file in the docs is read, and is as the schema wants it.
func TestExamplesInDocs(t *testing.T) {
	valid, found := validator(t), 0
	pages, _ := filepath.Glob(docs + "*.md")
	more, _ := filepath.Glob(docs + "../*.md")
	files, _ := filepath.Glob(docs + "../examples/*/" + Name)
	check := func(path, text string) {
		found++
		if _, err := Parse(filepath.Base(path), []byte(text)); err != nil {
			t.Errorf("%s: %v in\n%s", path, err, text)
		}
		if err := valid(text); err != nil {
			t.Errorf("%s: the schema refuses it: %v\n%s", path, err, text)
		}
	}
	block := regexp.MustCompile("(?sm)^ *```yaml\n(.*?)^ *```")
	for _, page := range slices.Concat(pages, more) {
		text := testkit.Must(os.ReadFile(page))(t)
		for _, m := range block.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "services:") || strings.Contains(m[1], "jobs:") {
				continue // Compose's and GitHub's
			}
			check(page, m[1])
		}
	}
	for _, file := range files {
		text := testkit.Must(os.ReadFile(file))(t)
		check(file, string(text))
	}
	if found == 0 {
		t.Error("there is no example")
	}
}

// theSchema returns docs/hotswap.schema.json.
func theSchema(t *testing.T) []byte {
	return testkit.Must(os.ReadFile(docs + "hotswap.schema.json"))(t)
}
