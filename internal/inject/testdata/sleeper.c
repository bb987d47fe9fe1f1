// sleeper makes one system call that sleeps, and says what came back: the result, errno, and after how many
// milliseconds. Its process ID comes before the call.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void handle(int sig) {
	(void)sig;
	handled++;
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

// registers sleeps in read(0, b, 8), and checks that no register but rax, rcx and r11 has changed.
static long registers(void) {
	char b[8];
	uint64_t in[11] = {0, 0, 8, 0x1010, 0x0808, 0x0909, 0x1212, 0x1313, 0x1414, 0x1515, 0xb0b0}, out[11];
	long result;
	in[1] = (uint64_t)b;
	__asm__ volatile(
		"push %%rbx\n push %%r12\n push %%r13\n push %%r14\n push %%r15\n"
		"push %[out]\n"
		"mov %[in], %%rax\n"
		"mov 0(%%rax), %%rdi\n mov 8(%%rax), %%rsi\n mov 16(%%rax), %%rdx\n mov 24(%%rax), %%r10\n"
		"mov 32(%%rax), %%r8\n mov 40(%%rax), %%r9\n mov 48(%%rax), %%r12\n mov 56(%%rax), %%r13\n"
		"mov 64(%%rax), %%r14\n mov 72(%%rax), %%r15\n mov 80(%%rax), %%rbx\n"
		"xor %%eax, %%eax\n"
		"syscall\n"
		"pop %%rcx\n"
		"mov %%rdi, 0(%%rcx)\n mov %%rsi, 8(%%rcx)\n mov %%rdx, 16(%%rcx)\n mov %%r10, 24(%%rcx)\n"
		"mov %%r8, 32(%%rcx)\n mov %%r9, 40(%%rcx)\n mov %%r12, 48(%%rcx)\n mov %%r13, 56(%%rcx)\n"
		"mov %%r14, 64(%%rcx)\n mov %%r15, 72(%%rcx)\n mov %%rbx, 80(%%rcx)\n"
		"pop %%r15\n pop %%r14\n pop %%r13\n pop %%r12\n pop %%rbx\n"
		: "=&a"(result)
		: [in] "r"(in), [out] "r"(out)
		: "rdi", "rsi", "rdx", "r10", "r8", "r9", "rcx", "r11", "memory");
	return memcmp(in, out, sizeof in) ? -100 : result;
}

// filters installs n filters that allow all.
static void filters(int n) {
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {1, &allow};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	while (n-- > 0)
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
			exit(3);
}

int main(int argc, char **argv) {
	const char *kind = argc > 1 ? argv[1] : "";
	int ms = argc > 2 ? atoi(argv[2]) : 0;
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
	struct epoll_event e = {.events = EPOLLIN};
	struct pollfd p = {0, POLLIN, 0};
	char b[16];
	uint32_t word = 0;
	int ep = epoll_create1(0), pair[2];
	sigset_t none, usr1;
	fd_set set;
	long r = -1;

	epoll_ctl(ep, EPOLL_CTL_ADD, 0, &e);
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	FD_ZERO(&set);
	FD_SET(0, &set);
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	if (!strcmp(kind, "filters"))
		filters(2);
	struct sigaction act = {.sa_handler = handle}; // without SA_RESTART
	sigaction(SIGUSR1, &act, 0);

	if (!strcmp(kind, "signals")) { // counts SIGUSR1, which only ppoll lets through; ms of them
		sigprocmask(SIG_BLOCK, &usr1, 0);
		printf("%d\n", getpid());
		fflush(stdout);
		for (int n = 1; n <= ms; n++) {
			r = ppoll(&p, 1, 0, &none);
			if (r != -1 || errno != EINTR || handled != n) {
				printf("%ld %d %d\n", r, errno, (int)handled);
				return 1;
			}
			if (n % 2)
				continue;
			putchar('.');
			fflush(stdout);
		}
		puts("");
		return 0;
	}

	printf("%d\n", getpid());
	fflush(stdout);
	double began = now();
	errno = 0;
	if (!strcmp(kind, "nanosleep"))
		r = nanosleep(&t, 0);
	else if (!strcmp(kind, "clock_nanosleep"))
		r = clock_nanosleep(CLOCK_MONOTONIC, 0, &t, 0);
	else if (!strcmp(kind, "clock_nanosleep until")) {
		struct timespec u;
		clock_gettime(CLOCK_MONOTONIC, &u);
		u.tv_nsec += ms * 1000000L;
		u.tv_sec += u.tv_nsec / 1000000000L;
		u.tv_nsec %= 1000000000L;
		r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &u, 0);
	} else if (!strcmp(kind, "futex"))
		r = syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t, 0, 0);
	else if (!strcmp(kind, "poll"))
		r = poll(&p, 1, ms ? ms : -1);
	else if (!strcmp(kind, "ppoll"))
		r = ppoll(&p, 1, &t, &none);
	else if (!strcmp(kind, "select")) {
		struct timeval v = {ms / 1000, ms % 1000 * 1000};
		r = select(1, &set, 0, 0, &v);
	} else if (!strcmp(kind, "epoll_wait"))
		r = epoll_wait(ep, &e, 1, ms ? ms : -1);
	else if (!strcmp(kind, "epoll_pwait"))
		r = epoll_pwait(ep, &e, 1, ms ? ms : -1, &usr1);
	else if (!strcmp(kind, "read"))
		r = read(0, b, sizeof b);
	else if (!strcmp(kind, "recv")) { // with a limit, which a stop turns into EINTR
		struct timeval v = {60, 0};
		setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &v, sizeof v);
		if (fork() == 0) {
			close(pair[0]);
			r = read(0, b, sizeof b);
			(void)!write(pair[1], b, r);
			_exit(0);
		}
		close(pair[1]);
		r = recv(pair[0], b, sizeof b, 0);
	} else if (!strcmp(kind, "registers"))
		r = registers();
	else // "filters" and the rest
		r = pause();
	printf("%ld %d %.0f\n", r, errno, now() - began);
	return 0;
}
