package node

import (
	"bytes"
	"strings"
)

// missed tells of a process's environment whether it was meant to load the adapter
// and does not, because NODE_OPTIONS was replaced by what it gives.
func missed(environ []byte, socket string) (options string, is bool) {
	meant := false
	for kv := range bytes.SplitSeq(environ, []byte{0}) {
		key, value, _ := strings.Cut(string(kv), "=")
		switch key {
		case Variable:
			meant = value == socket
		case optionsVar:
			options = value
		}
	}
	return options, meant && !strings.Contains(options, "/"+entry)
}
