package setup

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/hotswap-dev/hotswap/internal/plain"
)

// YAML returns the text of hotswap.yaml.
func (p *Proposal) YAML() []byte {
	var b strings.Builder
	from := p.Source
	if p.Watcher != "" {
		from += " (" + p.Watcher + ")"
	}
	comments := []string{"Made by hotswap init from " + from + "."}
	if p.Start != "" {
		comments = append(comments, "Start the server by the script "+p.Start+", which may do more than run it.")
	}
	for _, text := range p.Left {
		comments = append(comments, "Not taken over: "+text)
	}
	for _, text := range comments {
		fmt.Fprintf(&b, "# %s\n", plain.Line(text))
	}
	file := yaml.MapSlice{{Key: "command", Value: strings.TrimSpace(p.Command)}}
	for _, k := range p.Keys {
		var value any = k.Values[0]
		switch {
		case k.Name == "poll":
			value = true
		case slices.Contains([]string{"watch", "ignore", "ext", "env-file"}, k.Name):
			value = k.Values
		}
		file = append(file, yaml.MapItem{Key: strings.ReplaceAll(k.Name, "-", "_"), Value: value})
	}
	var rules []map[string]string // without change: before each start
	for _, step := range p.Steps {
		rules = append(rules, map[string]string{"run": strings.TrimSpace(step)})
	}
	if len(rules) > 0 {
		file = append(file, yaml.MapItem{Key: "on", Value: rules})
	}
	text, _ := yaml.MarshalWithOptions(file, yaml.IndentSequence(true)) // of texts it does not fail
	b.WriteString(strings.Replace(string(text), "\n\"on\":", "\non:", 1))
	return []byte(b.String())
}
