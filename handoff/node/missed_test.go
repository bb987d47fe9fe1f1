package node

import (
	"strings"
	"testing"
)

func TestMissed(t *testing.T) {
	for environ, want := range map[string]string{
		"A=1 HOTSWAP_NODE=/s NODE_OPTIONS=--no-warnings": "--no-warnings",
		"HOTSWAP_NODE=/s":               "nothing",
		"HOTSWAP_NODE=/s NODE_OPTIONS=": "nothing",
		"HOTSWAP_NODE=/s NODE_OPTIONS=--require=/c/node-1/adapter.cjs": "",
		"HOTSWAP_NODE=/other NODE_OPTIONS=--no-warnings":               "",
		"NODE_OPTIONS=--no-warnings":                                   "",
		"":                                                             "",
	} {
		options, is := missed([]byte(strings.ReplaceAll(environ, " ", "\x00")), "/s")
		if got := map[bool]string{true: options}[is]; is && got == "" && want != "nothing" || is != (want != "") || got != "" && got != want {
			t.Errorf("%q: %q, %v; want %q", environ, options, is, want)
		}
	}
}
