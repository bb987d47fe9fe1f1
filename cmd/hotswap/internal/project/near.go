package project

import (
	"fmt"
	"strings"

	"github.com/xrash/smetrics"
)

// near returns the name that is nearest to a wrong one, as the end of an error, or "" if none is
// near.
func near(wrong string, names []string) string {
	if len(wrong) > 64 {
		return ""
	}
	best, least := "", 1+max(1, len(wrong)/3)
	plain := strings.ReplaceAll(strings.ToLower(wrong), "-", "_")
	for _, name := range names {
		if d := smetrics.WagnerFischer(plain, name, 1, 1, 1); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return fmt.Sprintf(": it has %s", strings.Join(names, ", "))
	}
	return fmt.Sprintf("; did you mean %s?", best)
}
