package engine

import (
	"fmt"
	"testing"
)

func TestListed(t *testing.T) {
	const text = "p7\nf3\ntIPv4\nn127.0.0.1:4000\nf4\ntIPv6\nn*:5000\nf5\ntIPv6\nn[::1]:6000\nf6\ntIPv6\nn*:5000\nf7\ntsock\nnodd\nf8\nn*\n"
	if got := fmt.Sprint(listed(text)); got != "[tcp4 127.0.0.1:4000 tcp6 [::]:5000 tcp6 [::1]:6000]" {
		t.Error(got)
	}
}

func FuzzListed(f *testing.F) {
	f.Add("p7\nf3\ntIPv4\nn127.0.0.1:4000\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range listed(text) {
			if e.Port() == 0 || e.IsUnix() {
				t.Errorf("%q has %v", text, e)
			}
		}
	})
}
