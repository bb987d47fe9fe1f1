package once

// identity tells a folder from another one that was at the same path before: by its inode
// and its time of birth. The number of the device, which some file systems draw anew at
// each mount, counts only where the time of birth is not known.
type identity struct {
	Device uint64 `json:"device,omitempty"`
	Inode  uint64 `json:"inode"`
	Born   int64  `json:"born,omitempty"` // in nanoseconds since 1970; 0: not known
}
