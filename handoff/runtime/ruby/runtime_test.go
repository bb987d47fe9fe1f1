package ruby

import (
	"slices"
	"strings"
	"testing"
)

const words = `{"argv":["app.rb","x"],"faults":"12"}
{"read":"/p/app.rb"}
{"read":"/p/b\u00fc.rb"}
{"missed":1}
{"read":"/p/late.r`

func TestRead(t *testing.T) {
	r, err := read(strings.NewReader(words))
	if err != nil || !slices.Equal(r.argv, []string{"app.rb", "x"}) || r.faults != "12" || !r.missed || !slices.Equal(r.files, []string{"/p/app.rb", "/p/b\xfc.rb"}) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestEnviron(t *testing.T) {
	for given, want := range map[string]string{
		"A=1": "RUBYOPT=-r/site/hotswap.rb", "RUBYOPT=-w": "RUBYOPT=-r/site/hotswap.rb -w", "RUBYOPT=": "",
		"RUBYOPT=-r/site/hotswap.rb -w": "RUBYOPT=-r/site/hotswap.rb -w",
	} {
		env, err := config.Environ([]string{given}, "/site", "/dir")
		if want == "" && err == nil || want != "" && (!slices.Contains(env, want) || !slices.Contains(env, Variable+"=/dir")) {
			t.Errorf("%s: %q", given, env)
		}
	}
}
