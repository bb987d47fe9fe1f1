package net

import "time"

func hotswapWaits(fd *netFD, until time.Time) error { return fd.SetDeadline(until) }
