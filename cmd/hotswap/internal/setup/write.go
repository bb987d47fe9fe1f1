package setup

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	yamlfile "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
)

// YAML returns the text of hotswap.yaml.
func (p *Proposal) YAML() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n", yamlfile.SchemaURL)
	from := p.Source
	if p.Watcher != "" {
		from += " (" + p.Watcher + ")"
	}
	fmt.Fprintf(&b, "# Made by hotswap init from %s.\n", comment(from))
	if p.Start != "" {
		fmt.Fprintf(&b, "# Start the server by the script %s, which may do more than run it.\n", comment(p.Start))
	}
	for _, text := range p.Left {
		fmt.Fprintf(&b, "# Not taken over: %s\n", comment(text))
	}
	fmt.Fprintf(&b, "command: %s\n", scalar(p.Command))
	for _, k := range p.Keys {
		value := ""
		switch {
		case isList[k.Name]:
			value = list(k.Values)
		case k.Values[0] == "true":
			value = "true"
		default:
			value = scalar(k.Values[0])
		}
		if len(k.From) > 0 {
			value += "  # " + comment(strings.Join(k.From, ", "))
		}
		fmt.Fprintf(&b, "%s: %s\n", strings.ReplaceAll(k.Name, "-", "_"), value)
	}
	p.writeRules(&b)
	p.writeExamples(&b)
	return []byte(b.String())
}

// isList has the options that take several values.
var isList = map[string]bool{"watch": true, "ignore": true, "ext": true, "env-file": true}

func (p *Proposal) writeRules(b *strings.Builder) {
	if len(p.Rules) == 0 {
		return
	}
	b.WriteString("on:\n")
	why := "  # before each start, while the old process serves"
	for _, r := range p.Rules {
		if len(r.Change) > 0 {
			fmt.Fprintf(b, "  - change: %s\n    run: %s\n", list(r.Change), scalar(r.Run))
		} else {
			fmt.Fprintf(b, "  - run: %s%s\n", scalar(r.Run), why)
			why = ""
		}
		if r.Nothing {
			b.WriteString("    do: nothing\n")
		}
	}
}

func (p *Proposal) writeExamples(b *strings.Builder) {
	if p.Frontend {
		b.WriteString("\n# The frontend may ask before the server is up. With the server's port here it waits:\n# listen: 4000\n")
	}
	var on, once []Example
	for _, e := range p.Examples {
		if e.Once {
			once = append(once, e)
		} else {
			on = append(on, e)
		}
	}
	if len(once) > 0 {
		b.WriteString("\n# Before the first start, and again only when the inputs have changed:\n# once:\n")
		for _, e := range once {
			fmt.Fprintf(b, "#   - run: %s\n#     inputs: %s\n", scalar(e.Run), list(e.Change))
		}
	}
	if len(on) == 0 {
		return
	}
	b.WriteString("\n# Before a swap, when one of these files has changed:\n")
	if len(p.Rules) == 0 {
		b.WriteString("# on:\n")
	} else {
		b.WriteString("# (add to on:)\n")
	}
	for _, e := range on {
		fmt.Fprintf(b, "#   - change: %s\n#     run: %s\n", list(e.Change), scalar(e.Run))
	}
}

// comment makes text fit for one line of a comment.
func comment(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c >= 0x80 && c < 0xa0 || c == 0xfeff {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
}

// bare are texts that YAML reads as they stand, as a text.
var (
	bare     = regexp.MustCompile(`^[A-Za-z./_][A-Za-z0-9 ./_+=,@%^~&$|;-]*(:[A-Za-z0-9./_+=@%^~-][A-Za-z0-9 ./_+=,@%^~&$|;-]*)*$|^[0-9.]*[0-9](ms|s|m)([0-9.]+(ms|s))*$`)
	bareItem = regexp.MustCompile(`^[A-Za-z./_][A-Za-z0-9./_*+=@-]*$`)
	notText  = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null|~|[-+.]?(inf|nan)|\.[0-9_]*)$|^[._]+[0-9]|^\.+$`)
)

// scalar returns text as a value in YAML. A text of JSON is one of YAML.
func scalar(text string) string {
	if bare.MatchString(text) && !notText.MatchString(text) && strings.TrimSpace(text) == text {
		return text
	}
	return quoted(text)
}

func quoted(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return `""`
	}
	return strings.NewReplacer("\u007f", `\u007f`, "\u0085", `\u0085`, "\ufeff", `\ufeff`).Replace(strings.TrimSuffix(b.String(), "\n"))
}

// list returns texts as a list in YAML.
func list(texts []string) string {
	out := make([]string, len(texts))
	for i, text := range texts {
		if out[i] = text; text != "." && (!bareItem.MatchString(text) || notText.MatchString(text)) {
			out[i] = quoted(text)
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}
