package node

import (
	"bytes"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// strange reports whether a process, by its program's name and its environment, may load
// JavaScript without reporting the files.
func strange(name string, environ []byte, socket string) bool {
	switch strings.TrimSuffix(name, ".exe") { // as npm installs Bun on every system
	case "bun", "deno":
		return true
	}
	return handoff.IsNode(name) && !(bytes.Contains(environ, []byte("\x00"+Variable+"="+socket+"\x00")) && bytes.Contains(environ, []byte("/"+entry)))
}

// replaced reports whether the environment has the socket's variable, but NODE_OPTIONS
// does not load the adapter. It returns what NODE_OPTIONS is instead.
func replaced(environ []byte, socket string) (options string, is bool) {
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
