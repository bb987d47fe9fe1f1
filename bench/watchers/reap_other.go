//go:build unix && !linux

package watchers

import "errors"

func adoptOrphans() error { return errors.ErrUnsupported }
