package setup

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	yamlfile "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

func (p *Proposal) YAML() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n", yamlfile.SchemaURL)
	from := p.Source
	if p.Old != "" {
		from += ", which ran: " + p.Old
	}
	comments := []string{"Made by hotswap init from " + from}
	for _, text := range p.Left {
		comments = append(comments, "Not taken over: "+text)
	}
	for _, text := range comments {
		fmt.Fprintf(&b, "# %s\n", plain.Line(text))
	}
	keys := yaml.MapSlice{{Key: "command", Value: p.Command}}
	for _, k := range p.Keys {
		var value any = k.Values
		switch k.Name {
		case signal:
			value = k.Values[0]
		case "beside":
			var all []yaml.MapSlice
			for _, v := range k.Values {
				all = append(all, yaml.MapSlice{{Key: "run", Value: v}, {Key: "ready", Value: p.ready[v]}})
			}
			value = all
		}
		keys = append(keys, yaml.MapItem{Key: options.KeyName(k.Name), Value: value})
	}
	var rules []yaml.MapSlice
	for _, step := range p.Steps {
		rules = append(rules, yaml.MapSlice{{Key: "run", Value: step}})
	}
	if len(rules) > 0 {
		keys = append(keys, yaml.MapItem{Key: "on", Value: rules})
	}
	text, _ := yaml.MarshalWithOptions(keys, yaml.IndentSequence(true))                                                 // of texts and lists it does not fail
	on := strings.Replace(string(text), "\n\"on\":\n", "\non:  # before each start, while the old process serves\n", 1) // a word, not YAML 1.1's true
	return []byte(b.String() + on)
}
