package setup

import (
	"fmt"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	yamlfile "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// YAML returns the text of hotswap.yaml.
func (p *Proposal) YAML() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n", yamlfile.SchemaURL)
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
	fmt.Fprintf(&b, "command: %s\n", scalar(p.Command))
	for _, k := range p.Keys {
		var values strings.Builder
		for _, v := range k.Values {
			if k.Name == "beside" {
				v = "run: " + scalar(v) + "\n    ready: " + scalar(p.ready[v])
			} else {
				v = scalar(v)
			}
			values.WriteString("\n  - " + v)
		}
		value := values.String()
		switch k.Name {
		case "stop-signal", "strategy":
			if len(k.Values) == 1 {
				value = " " + scalar(k.Values[0])
			}
		}
		fmt.Fprintf(&b, "%s:%s\n", options.KeyName(k.Name), value)
	}
	if len(p.Steps) > 0 {
		b.WriteString("on:  # before each start, while the old process serves\n")
	}
	for _, step := range p.Steps {
		fmt.Fprintf(&b, "  - run: %s\n", scalar(step))
	}
	for _, key := range p.Try {
		fmt.Fprintf(&b, "# Try %s\n", plain.Line(key))
	}
	return []byte(b.String())
}

// bare are texts that YAML reads as they stand, as a text. keyword has the ones that YAML reads
// otherwise.
var (
	bare    = lazy.Pattern(`^(?:[A-Za-z/_]|\.+[A-Za-z/_])[\w ./+=,@%^~&$|;-]*(?::[\w./+=@%^~-][\w ./+=,@%^~&$|;-]*)*$`)
	keyword = lazy.Pattern(`(?i)^(?:true|false|yes|no|on|off|y|n|null|\.inf|\.nan)$`)
)

// scalar returns text as a value in YAML: as it stands, or as JSON has it, which YAML reads, too.
func scalar(text string) string {
	if text = strings.TrimSpace(text); bare().MatchString(text) && !keyword().MatchString(text) {
		return text
	}
	return strings.NewReplacer("\u007f", `\u007f`, "\u0085", `\u0085`, "\ufeff", `\ufeff`).Replace(inJSON(text))
}
