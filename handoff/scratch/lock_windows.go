package scratch

import (
	"errors"
	"os"
)

// take cannot lock a folder here: nothing is swept.
func take(path string) (*os.File, error) { return nil, errors.ErrUnsupported }
