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
	fmt.Fprintf(&b, "# Made by hotswap init from %s\n", plain.Line(from))
	for _, text := range p.Left {
		fmt.Fprintf(&b, "# Not taken over: %s\n", plain.Line(text))
	}
	keys := yaml.MapSlice{{Key: "command", Value: p.Command}}
	if p.Outer != "" { // hotswap alone would run it without its secrets
		keys = nil
	}
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
	text, _ := yaml.MarshalWithOptions(keys, yaml.IndentSequence(true)) // of texts and lists it does not fail
	return []byte(b.String() + string(text))
}
