package node

import (
	"strings"
	"testing"
)

func TestMissed(t *testing.T) {
	for environ, want := range map[string]string{
		"bun HOTSWAP_WIRE=/s HOTSWAP_BUN=/r BUN_OPTIONS=--smol":                         "BUN_OPTIONS=--smol",
		"bun.exe HOTSWAP_WIRE=/s HOTSWAP_BUN=/r":                                        "BUN_OPTIONS=",
		"bun HOTSWAP_WIRE=/s HOTSWAP_BUN=/r BUN_OPTIONS=--preload=/c/bun-1/hotswap.mjs": "",
		"bun HOTSWAP_WIRE=/s BUN_OPTIONS=--smol":                                        "", // a child of the program
		"bun HOTSWAP_WIRE=/other HOTSWAP_BUN=/r":                                        "",
		"python3 HOTSWAP_WIRE=/s HOTSWAP_BUN=/r":                                        "",
		"node A=1 HOTSWAP_WIRE=/s NODE_OPTIONS=--no-warnings":                           "NODE_OPTIONS=--no-warnings",
		"node HOTSWAP_WIRE=/s":                                                          "NODE_OPTIONS=",
		"node HOTSWAP_WIRE=/s NODE_OPTIONS=":                                            "NODE_OPTIONS=",
		"node HOTSWAP_WIRE=/s NODE_OPTIONS=--require=/c/node-1/adapter.cjs":             "",
		"node HOTSWAP_WIRE=/other NODE_OPTIONS=--no-warnings":                           "",
		"node NODE_OPTIONS=--no-warnings":                                               "",
		"node":                                                                          "",
	} {
		name, environ, _ := strings.Cut(environ, " ")
		variable, options, is := replaced(name, strings.Fields(environ), "/s")
		if got := map[bool]string{true: variable + "=" + options}[is]; got != want {
			t.Errorf("%s %q: %q; want %q", name, environ, got, want)
		}
	}
}
