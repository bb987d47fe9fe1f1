package doctor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

func examine(ctx context.Context) []finding {
	findings := []finding{system(), trySeccomp()}
	if findings[1].verdict == works {
		findings = append(findings, trySwap(ctx)...)
	} else {
		findings = append(findings, finding{name: "a whole swap", verdict: notTried,
			text: "needs seccomp notification"})
	}
	return append(findings, trySockDiag(), tryFolders())
}

// trySeccomp installs hotswap's own filter, on a thread that then ends.
func trySeccomp() finding {
	f := finding{name: "seccomp notification", verdict: works,
		text: "without CAP_SYS_ADMIN, sudo does not work in the program",
		why: forbidden +
			"; or another filter with a listener is there, of another hotswap or the container's runtime; or the kernel is older than 5.0",
		do:      "docker run --security-opt seccomp=unconfined, or a profile that allows seccomp(2); outside the other hotswap; a newer kernel",
		without: instead}
	return f.tried(intercept.Try())
}

// forbidden is why a call may end with EPERM.
const forbidden = "a container's seccomp profile, a security module (Yama: kernel.yama.ptrace_scope, AppArmor, SELinux) or a missing privilege forbids it"

// trySwap swaps the doctor's server as hotswap swaps any program, and asks the new process. The
// old one serves as the process whose descriptor is duplicated.
func trySwap(ctx context.Context) []finding {
	swap := finding{name: "a whole swap", verdict: works, fatal: true,
		why: forbidden + "; or the kernel is older than 5.9, or a sandbox has its own network stack (gVisor)",
		do:  "docker run --cap-add SYS_PTRACE, sysctl kernel.yama.ptrace_scope=1, or Linux 5.9 or newer; else please report it"}
	getFD := finding{name: "pidfd_getfd", verdict: works, text: "the program's sockets can be duplicated",
		why:     forbidden + "; or the kernel is older than 5.6",
		do:      "docker run --cap-add SYS_PTRACE, or a seccomp profile that allows pidfd_getfd, or sysctl kernel.yama.ptrace_scope=1",
		without: "hotswap puts its own sockets in place of the program's (ADDFD), and hands over neither UDP nor a unix socket without --listen"}
	ctx, cancel := context.WithTimeout(ctx, wait.Patience)
	defer cancel()
	can, cutover, err := swapServer(ctx)
	swap.text = "cutover " + human.Duration(cutover)
	if !can {
		getFD.verdict, getFD.text = missing, "the call is forbidden"
	}
	return []finding{swap.tried(err), getFD}
}

// ask demands an answer of that version from the doctor's server.
func ask(ctx context.Context, port, version int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+Addr(port), http.NoBody)
	if err != nil {
		return err
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if want := fmt.Sprintf(`"version":%d,`, version); err == nil && !strings.Contains(string(body), want) {
		err = fmt.Errorf("after the swap an old process answered: %s", body)
	}
	return err
}

// trySockDiag lists the listeners of this machine.
func trySockDiag() finding {
	f := finding{name: "sock_diag", verdict: works,
		do:      "modprobe tcp_diag, on the host if this is a container",
		without: "the old process gets its stop signal at once, without waiting for its clients"}
	listeners, err := sockdiag.Listeners(false, 0)
	f.text = human.Count(len(listeners), "listener") + " listed"
	return f.tried(err)
}

// tryFolders makes the folder of the records, and a temporary one.
func tryFolders() finding {
	f := finding{name: "temporary folders", verdict: works, text: "can be made",
		do:      "docker run --tmpfs /tmp, or TMPDIR and XDG_RUNTIME_DIR that name private folders",
		without: "hotswap reload, status and stop do not find hotswap, or programs run without adapter, state and leases"}
	tmp := scratch.New()
	defer tmp.Close()
	_, noRecord := record.Home()
	_, noFolder := tmp.Make("doctor-")
	return f.tried(cmp.Or(noRecord, noFolder))
}
