package node

import (
	"strings"
	"testing"
)

func TestMissed(t *testing.T) {
	for environ, want := range map[string]string{
		"bun HOTSWAP_NODE=/s HOTSWAP_BUN=/r BUN_OPTIONS=--smol":                         "BUN_OPTIONS=--smol",
		"bun.exe HOTSWAP_NODE=/s HOTSWAP_BUN=/r":                                        "BUN_OPTIONS=",
		"bun HOTSWAP_NODE=/s HOTSWAP_BUN=/r BUN_OPTIONS=--preload=/c/bun-1/hotswap.mjs": "",
		"bun HOTSWAP_NODE=/s BUN_OPTIONS=--smol":                                        "", // a child of the program
		"bun HOTSWAP_NODE=/other HOTSWAP_BUN=/r":                                        "",
		"python3 HOTSWAP_NODE=/s HOTSWAP_BUN=/r":                                        "",
		"node A=1 HOTSWAP_NODE=/s NODE_OPTIONS=--no-warnings":                           "NODE_OPTIONS=--no-warnings",
		"node HOTSWAP_NODE=/s":                                                          "NODE_OPTIONS=",
		"node HOTSWAP_NODE=/s NODE_OPTIONS=":                                            "NODE_OPTIONS=",
		"node HOTSWAP_NODE=/s NODE_OPTIONS=--require=/c/node-1/adapter.cjs":             "",
		"node HOTSWAP_NODE=/other NODE_OPTIONS=--no-warnings":                           "",
		"node NODE_OPTIONS=--no-warnings":                                               "",
		"node":                                                                          "",
	} {
		name, environ, _ := strings.Cut(environ, " ")
		variable, options, is := replaced(name, []byte(strings.ReplaceAll(environ, " ", "\x00")), "/s")
		if got := map[bool]string{true: variable + "=" + options}[is]; got != want {
			t.Errorf("%s %q: %q; want %q", name, environ, got, want)
		}
	}
}
