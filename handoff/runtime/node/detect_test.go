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
		options, is := replaced([]byte(strings.ReplaceAll(environ, " ", "\x00")), "/s")
		if got := map[bool]string{true: options}[is]; is && got == "" && want != "nothing" || is != (want != "") || got != "" && got != want {
			t.Errorf("%q: %q, %v; want %q", environ, options, is, want)
		}
	}
}

func TestStrange(t *testing.T) {
	const ours = "\x00A=1\x00HOTSWAP_NODE=/s\x00NODE_OPTIONS=--x --require /r/adapter.cjs\x00"
	for _, c := range []struct {
		name, environ string
		want          bool
	}{
		{"node", ours, false},
		{"node", "\x00A=1\x00", true},
		{"node-22", "\x00HOTSWAP_NODE=/other\x00NODE_OPTIONS=--require /r/adapter.cjs\x00", true},
		{"nodejs", "\x00HOTSWAP_NODE=/s\x00NODE_OPTIONS=--max-old-space-size=4096\x00", true},
		{"bun", ours, true},
		{"bun.exe", ours, true},
		{"deno", "", true},
		{"python3.12", "", false},
		{"node_exporter", "", false},
	} {
		if got := strange(c.name, []byte(c.environ), "/s"); got != c.want {
			t.Errorf("%s with %q: %v", c.name, c.environ, got)
		}
	}
}
