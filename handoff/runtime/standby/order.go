package standby

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// EqualButOrder reports whether two standbys would hold and load the same, be it in
// another order.
func (s Spec) EqualButOrder(other Spec) bool {
	a, err := s.text()
	b, wrong := other.text()
	return err == nil && wrong == nil && bytes.Equal(inOrder(a), inOrder(b))
}

// inOrder returns a plan with each of its lists sorted.
func inOrder(plan []byte) []byte {
	var v any
	if json.Unmarshal(plan, &v) == nil {
		if b, err := json.Marshal(sorted(v)); err == nil {
			return b
		}
	}
	// Lists of texts with a NUL behind each, and their length before: see modules.Plan.
	items := bytes.Split(plan, []byte{0})
	for i := 0; i < len(items); {
		n, err := strconv.Atoi(string(items[i]))
		if err != nil || n < 0 || n >= len(items)-i {
			break
		}
		slices.SortFunc(items[i+1:i+1+n], bytes.Compare)
		i += 1 + n
	}
	return bytes.Join(items, []byte{0})
}

// sorted sorts the lists of a JSON value by the texts of their items.
func sorted(v any) any {
	switch v := v.(type) {
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			b, err := json.Marshal(sorted(item))
			if err != nil {
				return v
			}
			texts[i] = string(b)
		}
		slices.Sort(texts)
		return texts
	case map[string]any:
		for name, item := range v {
			v[name] = sorted(item)
		}
	}
	return v
}
