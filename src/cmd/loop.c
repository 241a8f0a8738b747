// SPDX-License-Identifier: GPL-2.0
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>

/* A live source wakes us when its ring fills; below that it is looked at this often. */
#define LOOK_NS 50000000ULL
/* After SIGTERM the wrapped command has this long before it is left behind. */
#define PATIENCE_NS 2000000000ULL

static volatile sig_atomic_t got_stop, got_child, got_resize;

static void on_stop(int sig)
{
	got_stop = sig;
}

static void on_child(int sig)
{
	got_child = sig;
}

static void on_resize(int sig)
{
	got_resize = sig;
}

uint64_t loop_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void take(int sig, void (*handler)(int), sigset_t *blocked)
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(sig, &action, NULL);
	sigaddset(blocked, sig);
}

void loop_init(struct loop *loop, struct source *src)
{
	sigset_t blocked;

	memset(loop, 0, sizeof(*loop));
	loop->src = src;
	sigemptyset(&blocked);
	take(SIGINT, on_stop, &blocked);
	take(SIGTERM, on_stop, &blocked);
	take(SIGHUP, on_stop, &blocked);
	take(SIGCHLD, on_child, &blocked);
	take(SIGWINCH, on_resize, &blocked);
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(), told like any other */
	sigprocmask(SIG_BLOCK, &blocked, &loop->waiting);
	/* whoever started us may have blocked them */
	sigdelset(&loop->waiting, SIGINT);
	sigdelset(&loop->waiting, SIGTERM);
	sigdelset(&loop->waiting, SIGHUP);
	sigdelset(&loop->waiting, SIGCHLD);
	sigdelset(&loop->waiting, SIGWINCH);
}

static void exec_child(const struct loop *loop, char *const *command, int report_fd)
{
	int err;

	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &loop->waiting, NULL);
	execvp(command[0], command);
	err = errno;
	/* the parent knows from this that it never ran */
	if (write(report_fd, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

int loop_start(struct loop *loop, char *const *command, struct fault *fault)
{
	int fds[2], err = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		exec_child(loop, command, fds[1]);
	err = pid < 0 ? errno : 0;
	close(fds[1]);
	/* end of file at once if the exec worked: close-on-exec */
	if (pid > 0 && read(fds[0], &err, sizeof(err)) == sizeof(err))
		waitpid(pid, NULL, 0);
	close(fds[0]);
	if (err) {
		fault_set(fault, "cannot run '%s': %s", command[0], strerror(err));
		return -err;
	}
	loop->child = pid;
	return 0;
}

int loop_child_code(const struct loop *loop)
{
	if (WIFSIGNALED(loop->child_status))
		return 128 + WTERMSIG(loop->child_status);
	return WEXITSTATUS(loop->child_status);
}

static int reap(struct loop *loop)
{
	got_child = 0;
	if (!loop->child || waitpid(loop->child, &loop->child_status, WNOHANG) != loop->child)
		return 0;
	loop->child = 0;
	return LOOP_CHILD;
}

/* A wrapped command is stopped first, and its last URBs are still counted. */
static int stop(struct loop *loop)
{
	int sig = got_stop;

	got_stop = 0;
	if (!loop->stop_signal)
		loop->stop_signal = sig;
	if (!loop->child || loop->give_up_ns)
		return LOOP_STOPPED;
	/* the terminal has sent SIGINT to the command as well */
	kill(loop->child, sig == SIGINT ? SIGINT : SIGTERM);
	loop->give_up_ns = loop_clock() + PATIENCE_NS;
	return 0;
}

static void wait_for(const struct loop *loop, uint64_t until_ns, struct pollfd *fds, int fd_cnt)
{
	uint64_t now = loop_clock(), wake = now + LOOK_NS;
	struct timespec timeout;

	if (until_ns && until_ns < wake)
		wake = until_ns > now ? until_ns : now;
	timeout.tv_sec = 0;
	timeout.tv_nsec = wake - now;
	if (ppoll(fds, fd_cnt, &timeout, &loop->waiting) < 0)
		fds[0].revents = fds[1].revents = 0;
}

int loop_turn(struct loop *loop, uint64_t until_ns, int key_fd, source_emit emit, void *ctx,
	      struct fault *fault)
{
	bool live = source_info(loop->src)->live;
	struct pollfd fds[2] = {
		/* at its end a file is readable for ever */
		{ .fd = loop->ended ? -1 : source_fd(loop->src), .events = POLLIN },
		{ .fd = key_fd, .events = POLLIN },
	};
	int why = 0, err = 0;
	uint64_t now;

	wait_for(loop, until_ns, fds, 2);
	/* a stream is read only when it has something: read() would wait */
	if (!loop->ended && (live || fds[0].revents))
		err = source_read(loop->src, emit, ctx, fault);
	if (err == -ENODATA)
		loop->ended = true;
	else if (err < 0)
		return err;
	if (loop->ended)
		why |= LOOP_ENDED;
	now = loop_clock();
	if (got_stop)
		why |= stop(loop);
	if (got_child)
		why |= reap(loop);
	if (got_resize) {
		got_resize = 0;
		why |= LOOP_RESIZED;
	}
	if (loop->give_up_ns && (!loop->child || now >= loop->give_up_ns))
		why |= LOOP_STOPPED;
	if (until_ns && now >= until_ns)
		why |= LOOP_TIME;
	if (fds[1].revents)
		why |= LOOP_KEYS;
	return why;
}
