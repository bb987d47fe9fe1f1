package project

import (
	"strings"

	"github.com/xrash/smetrics"
)

// Near returns the name that is nearest to a wrong one, or "" if none is near. In names, '-' is as good as '_'.
func Near(wrong string, names []string) string {
	if len(wrong) > 64 {
		return ""
	}
	alike := strings.NewReplacer("-", "_")
	best, least := "", 1+max(1, len(wrong)/3)
	plain := alike.Replace(strings.ToLower(wrong))
	for _, name := range names {
		if d := smetrics.WagnerFischer(plain, alike.Replace(name), 1, 1, 1); d < least {
			best, least = name, d
		}
	}
	return best
}
