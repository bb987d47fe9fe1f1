package node

import (
	"bytes"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// strange tells of a process, by the name of its program and its environment, whether
// it may load code of the project's languages of which no adapter tells.
func strange(name string, environ []byte, socket string) bool {
	if name == "bun" || name == "deno" {
		return true
	}
	return handoff.IsNode(name) && !(bytes.Contains(environ, []byte("\x00"+Variable+"="+socket+"\x00")) && bytes.Contains(environ, []byte("/"+entry)))
}

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
