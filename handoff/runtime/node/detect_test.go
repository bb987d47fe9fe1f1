package node

import (
	"strings"
	"testing"
)

func TestMissed(t *testing.T) {
	for environ, want := range map[string]string{
		"python3 HOTSWAP_WIRE=/s HOTSWAP_BUN=/r":                            "",
		"node A=1 HOTSWAP_WIRE=/s NODE_OPTIONS=--no-warnings":               "NODE_OPTIONS=--no-warnings",
		"node HOTSWAP_WIRE=/s":                                              "NODE_OPTIONS=",
		"node HOTSWAP_WIRE=/s NODE_OPTIONS=":                                "NODE_OPTIONS=",
		"node HOTSWAP_WIRE=/s NODE_OPTIONS=--require=/c/node-1/adapter.cjs": "",
		"node HOTSWAP_WIRE=/other NODE_OPTIONS=--no-warnings":               "",
		"node NODE_OPTIONS=--no-warnings":                                   "",
		"node":                                                              "",
	} {
		name, environ, _ := strings.Cut(environ, " ")
		options, is := replaced(name, strings.Fields(environ), "/s")
		if got := map[bool]string{true: "NODE_OPTIONS=" + options}[is]; got != want {
			t.Errorf("%s %q: %q; want %q", name, environ, got, want)
		}
	}
}
