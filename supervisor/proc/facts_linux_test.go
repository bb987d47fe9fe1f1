package proc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

func quoted(args []string) string { return fmt.Sprintf("%q\n", args) }

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// census reads what the helper of that name tells.
func census(t *testing.T, c *child) facts {
	t.Helper()
	var f facts
	if err := json.Unmarshal([]byte(c.line()), &f); err != nil {
		t.Fatal(err)
	}
	return f
}
