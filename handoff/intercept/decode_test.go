package intercept

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"testing"
)

func raw4(port uint16, ip [4]byte) []byte {
	b := make([]byte, 16)
	binary.NativeEndian.PutUint16(b, inet)
	binary.BigEndian.PutUint16(b[2:], port)
	copy(b[4:], ip[:])
	return b
}

func raw6(port uint16, ip [16]byte, scope uint32) []byte {
	b := make([]byte, 28)
	binary.NativeEndian.PutUint16(b, inet6)
	binary.BigEndian.PutUint16(b[2:], port)
	copy(b[8:], ip[:])
	binary.NativeEndian.PutUint32(b[24:], scope)
	return b
}

func TestSockaddr(t *testing.T) {
	mapped := netip.MustParseAddr("::ffff:127.0.0.1").As16() // as Java asks for it
	for name, c := range map[string]struct {
		raw  []byte
		want string // "" means not ours
	}{
		"v4":            {raw4(4000, [4]byte{127, 0, 0, 1}), "127.0.0.1:4000"},
		"v4 port 0":     {raw4(0, [4]byte{127, 0, 0, 1}), "127.0.0.1:0"},
		"v4 short":      {raw4(4000, [4]byte{})[:8], ""},
		"v6 wildcard":   {raw6(4000, [16]byte{}, 0), "[::]:4000"},
		"v6 mapped":     {raw6(4000, mapped, 0), "[::ffff:127.0.0.1]:4000"},
		"v6 no scope":   {raw6(4000, [16]byte{}, 0)[:24], "[::]:4000"},
		"v6 with scope": {raw6(4000, [16]byte{0xfe, 0x80}, 2), "[fe80::%2]:4000"},
		"unix":          {[]byte{1, 0, '/', 'x'}, ""},
		"empty":         {nil, ""},
	} {
		addr, ok := sockaddr(c.raw)
		if ok != (c.want != "") || ok && addr.String() != c.want {
			t.Errorf("%s: %v %v, want %q", name, addr, ok, c.want)
		}
	}
}

func FuzzSockaddr(f *testing.F) {
	f.Add(raw4(80, [4]byte{1, 2, 3, 4}))
	f.Add(raw6(80, [16]byte{1}, 0))
	f.Add(raw6(80, [16]byte{0xfe, 0x80}, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		addr, ok := sockaddr(b)
		if !ok {
			return
		}
		scope, _ := strconv.ParseUint(addr.Addr().Zone(), 10, 32) // "": 0
		again := raw6(addr.Port(), addr.Addr().As16(), uint32(scope))
		if addr.Addr().Is4() {
			again = raw4(addr.Port(), addr.Addr().As4())
		}
		if got, ok := sockaddr(again); !ok || got != addr {
			t.Errorf("%x is %v, which encodes to %v %v", b, addr, got, ok)
		}
	})
}

func TestUnixAddress(t *testing.T) {
	for _, c := range []struct {
		raw, name string
		ok        bool
	}{
		{"\x01\x00/tmp/a", "/tmp/a", true},
		{"\x01\x00/tmp/a\x00\x00garbage", "/tmp/a", true},
		{"\x01\x00a", "a", true},
		{"\x01\x00\x00abstract\x00x", "@abstract\x00x", true},
		{"\x01\x00", "", false},      // autobind
		{"\x01\x00\x00", "@", false}, // the empty abstract name: nobody names a server so
		{"\x01", "", false},
		{"", "", false},
		{"\x02\x00\x0f\xa0\x7f\x00\x00\x01", "", false}, // TCP
	} {
		if name, ok := unixAddress([]byte(c.raw)); ok != c.ok || ok && name != c.name {
			t.Errorf("%q: %q, %v", c.raw, name, ok)
		}
	}
}
