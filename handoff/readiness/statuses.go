package readiness

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Statuses are the HTTP statuses that mean ready.
type Statuses []span

// span is from its first status to its last.
type span struct{ from, to int }

// ErrStatuses is wrapped by every error of [ParseStatuses].
var ErrStatuses = errors.New("not a list of HTTP statuses (try 200-399 or 200,204)")

// ParseStatuses reads "200-399", "204" or a list, "200,204,300-399".
func ParseStatuses(s string) (Statuses, error) {
	var out Statuses
	for part := range strings.SplitSeq(s, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, ok := status(first)
		to, ok2 := status(last)
		if !ok || !ok2 || to < from {
			return nil, fmt.Errorf("%q: %w", s, ErrStatuses)
		}
		out = append(out, span{from, to})
	}
	return out, nil
}

// status reads three digits. Those from 100 on are no answers yet.
func status(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err == nil && len(s) == 3 && n >= 200 && n <= 599
}

// Has reports whether the status means ready.
func (s Statuses) Has(status int) bool {
	for _, r := range s {
		if r.from <= status && status <= r.to {
			return true
		}
	}
	return false
}

// String is what ParseStatuses reads.
func (s Statuses) String() string {
	var out []string
	for _, r := range s {
		if r.from == r.to {
			out = append(out, strconv.Itoa(r.from))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", r.from, r.to))
		}
	}
	return strings.Join(out, ",")
}
