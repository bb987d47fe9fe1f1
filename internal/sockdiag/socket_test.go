package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
)

// message is struct inet_diag_msg, as the kernel lays it out.
func message(family Family, s Socket) []byte {
	ne, be := binary.NativeEndian, binary.BigEndian
	b := make([]byte, msgLen)
	b[0], b[1] = byte(family), byte(s.State)
	be.PutUint16(b[4:], s.Local.Port())
	be.PutUint16(b[6:], s.Remote.Port())
	copy(b[8:24], s.Local.Addr().AsSlice())
	copy(b[24:40], s.Remote.Addr().AsSlice())
	ne.PutUint32(b[56:], s.Receive)
	ne.PutUint32(b[60:], s.Send)
	ne.PutUint32(b[64:], s.UID)
	ne.PutUint32(b[68:], uint32(s.Inode))
	return b
}

// attribute is struct rtattr with its padding.
func attribute(kind uint16, value []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), value...)
	return append(b, make([]byte, (4-len(b)%4)%4)...)
}

func TestParse(t *testing.T) {
	want := Socket{
		State: Established, UID: 1000, Inode: 4711, Receive: 12, Send: 34,
		Local: netip.MustParseAddrPort("127.0.0.1:4000"), Remote: netip.MustParseAddrPort("10.0.0.1:5000"),
	}
	same := func(name string, b []byte, want Socket, info string) {
		t.Helper()
		got, err := parse(b)
		if err != nil || string(got.Info) != info {
			t.Errorf("%s: info %q %v", name, got.Info, err)
		}
		got.Info = nil
		if got.State != want.State || got.Local != want.Local || got.Remote != want.Remote ||
			got.UID != want.UID || got.Inode != want.Inode || got.Receive != want.Receive || got.Send != want.Send {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	b := message(IPv4, want)
	same("IPv4", b, want, "")
	same("with tcp_info", append(append(b, attribute(9, []byte("xyz"))...), attribute(extInfo, []byte("info!"))...),
		want, "info!")
	same("with half an attribute", append(b, 8, 0, extInfo, 0), want, "")
	same("with an empty attribute of length 0", append(b, 0, 0, 0, 0), want, "")
	want.Local, want.Remote = netip.MustParseAddrPort("[::]:4000"), netip.MustParseAddrPort("[fe80::1]:5000")
	same("IPv6", message(IPv6, want), want, "")
	want.Local = netip.MustParseAddrPort("[::ffff:127.0.0.1]:4000")
	same("IPv4 at a dual-stack socket", message(IPv6, want), want, "")
	if _, err := parse(b[:msgLen-1]); !errors.Is(err, errShort) {
		t.Errorf("short: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	s := Socket{Local: netip.MustParseAddrPort("127.0.0.1:1"), Remote: netip.MustParseAddrPort("127.0.0.1:2")}
	f.Add(message(IPv4, s))
	f.Add(append(message(IPv6, s), attribute(extInfo, []byte("info"))...))
	f.Add(append(message(IPv4, s), 0xff, 0xff, 2, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parse(b)
		if (err != nil) != (len(b) < msgLen) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err == nil && len(s.Info) > len(b)-msgLen-4 && s.Info != nil {
			t.Errorf("%d bytes of tcp_info in a message of %d", len(s.Info), len(b))
		}
	})
}
