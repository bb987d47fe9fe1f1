package setup

import (
	"strings"
	"testing"

	yamlfile "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// checkReadable reports a hotswap.yaml that hotswap does not read as it was meant.
func checkReadable(t *testing.T, p *Proposal) {
	t.Helper()
	text := p.YAML()
	file, err := yamlfile.Parse("/x/hotswap.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got, want := file.Command, yamlfile.Split(p.Command); strings.Join(got, "\x00") != strings.Join(want, "\x00") {
		t.Errorf("command: %q, want %q\n%s", got, want, text)
	}
	values := map[string][]string{}
	for _, k := range p.Keys {
		values[k.Name] = k.Values
		var got []string
		for _, v := range file.Values[k.Name] {
			got = append(got, v.Text)
		}
		if strings.Join(got, "\x00") != strings.Join(k.Values, "\x00") {
			t.Errorf("%s: %q, want %q\n%s", k.Name, got, k.Values, text)
		}
	}
	if _, err := rules.New(rules.Config{Root: "/a folder of its own", Command: file.Command, Include: values["watch"],
		Ignore: values["ignore"]}); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	if len(file.Values) != len(p.Keys) || len(file.Rules) > 0 {
		t.Fatalf("%d keys and %d rules, want %d and none\n%s", len(file.Values), len(file.Rules), len(p.Keys), text)
	}
}
