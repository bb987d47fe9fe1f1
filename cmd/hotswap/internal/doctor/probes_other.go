//go:build !linux

package doctor

import (
	"context"
)

// examine makes no probe: nothing that needs one is used here.
func examine(context.Context) []finding {
	return []finding{system(), {name: "interception", verdict: missing, text: "only Linux has it", without: instead}}
}
