//go:build !linux

package record

import "os"

func holder(*os.File) string { return "" }
