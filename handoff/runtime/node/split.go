package node

import "strings"

// split takes NODE_OPTIONS apart as Node does (ParseNodeOptionsEnvVar in
// src/node_options.cc): at spaces, but not between double quotes, where a backslash
// takes the next character as it is.
func split(options string) []string {
	var out []string
	var word strings.Builder
	quoted, begun := false, false
	for i := 0; i < len(options); i++ {
		c := options[i]
		switch {
		case c == '\\' && quoted && i+1 < len(options):
			i++
			word.WriteByte(options[i])
			continue
		case c == ' ' && !quoted:
			if begun {
				out = append(out, word.String())
			}
			word.Reset()
			begun = false
			continue
		case c == '"':
			quoted = !quoted
			begun = true
			continue
		}
		word.WriteByte(c)
		begun = true
	}
	if begun {
		out = append(out, word.String())
	}
	return out
}
