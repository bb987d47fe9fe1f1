//go:build !linux

package drain

import "context"

// Run refuses: only Linux shows the connections of another process.
func (d *Drain) Run(context.Context, func(Report)) (Report, error) {
	return Report{}, ErrUnsupported
}
