package reports

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestBytes(t *testing.T) {
	var got struct{ A, B Texts }
	testkit.NoError(t, json.Unmarshal([]byte(`{"a":["/p\u00c3\u00bc","\u0000\n\u00ff\"::"]}`), &got))
	if want := []string{"/pü", "\x00\n\xff\"::"}; !slices.Equal(got.A, want) || got.B != nil {
		t.Errorf("%q", got)
	}
	if err := json.Unmarshal([]byte(`{"a":["\u0100"]}`), &got); err == nil {
		t.Errorf("it takes %q", got)
	}
}

func TestPlanIsOfLists(t *testing.T) {
	got, err := Plan([]string{"-o", `"::"`, "", "\n\xff"}, nil, []string{"é"})
	if want := "4\x00-o\x00\"::\"\x00\x00\n\xff\x000\x001\x00é\x00"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := Plan([]string{"\x00"}); err == nil {
		t.Errorf("%q", got)
	}
}
