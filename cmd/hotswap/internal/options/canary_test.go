package options

import (
	"testing"
	"time"
)

func TestParseCanary(t *testing.T) {
	for text, want := range map[string]Canary{
		"10%/30s": {10, 30 * time.Second}, "1%/1ms": {1, time.Millisecond}, "99%/1h30m": {99, 90 * time.Minute},
	} {
		if got, err := parseCanary(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"10", "10%", "10%/", "10/30s", "%/30s", "0%/30s", "00%/1s", "100%/30s", "-1%/1s", "+5%/1s", "1.5%/1s", "10%/0s",
		"10%/-1s", "10%/+1s", "10%/30", "10% /30s", "10%/ 30s", "10%/30s ", "0x1%/1s", "10%%/1s",
	} {
		if got, err := parseCanary(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

// FuzzParseCanary: what is taken is within the limits.
func FuzzParseCanary(f *testing.F) {
	for _, text := range []string{"10%/30s", "1%/1ns", "99%/1h", "0%/0s", "9%/9", "%/", "\u0661%/1s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseCanary(text); err == nil && text != "" && (c.Percent < 1 || c.Percent > 99 || c.Time <= 0) {
			t.Errorf("%q is taken for %+v", text, c)
		}
	})
}
