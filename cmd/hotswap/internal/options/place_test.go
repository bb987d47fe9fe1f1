package options

import (
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestPlaceOfAValue(t *testing.T) {
	t.Setenv("HOTSWAP_ENV_FILE", "a")
	var o Options
	testkit.NoError(t, flagSet(t, &o).Parse([]string{"--watch", "src"}))
	err := o.Read(File{Values: map[string][]Given{
		"watch":  {{"hotswap.yaml:2:8: watch: ", "lib"}}, // the command line counts alone
		"ignore": {{"hotswap.yaml:4:5: ignore: ", "*.a"}, {"hotswap.yaml:5:5: ignore: ", "*.b"}},
	}})
	testkit.NoError(t, err)
	for _, c := range []struct{ option, value, want string }{
		{"watch", "src", "--watch"},
		{"env-file", "a", "HOTSWAP_ENV_FILE"},
		{"env-file", "", "HOTSWAP_ENV_FILE"},
		{"ignore", "*.b", "hotswap.yaml:5"},
		{"ignore", "", "hotswap.yaml:4"},
		{"ignore", "another", "--ignore"},
		{"build", "", "--build"},
	} {
		if got := o.Place(c.option, c.value); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.option, c.value, got, c.want)
		}
	}
}
