// SPDX-License-Identifier: GPL-2.0
/*
 * bpfbusy COMMAND...: while COMMAND runs, runs a BPF program of its own, a long one, again and again:
 * on a tracepoint of getpid(), which it calls all the time. Meanwhile the kernel skips the BPF
 * programs of kprobes on that CPU. Prints the calls; ends with the status of COMMAND.
 */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TRACEPOINT "/sys/kernel/tracing/events/syscalls/sys_enter_getpid/id"
#define ROUNDS 100000

static int load(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = ROUNDS },
		{ .code = BPF_ALU64 | BPF_SUB | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = -2, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "busy", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), NULL);
}

static int attach(int prog, int id)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.config = id,
		.sample_period = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return -1;
	return fd;
}

static int read_id(void)
{
	FILE *f = fopen(TRACEPOINT, "re");
	int id = -1;

	if (f && fscanf(f, "%d", &id) != 1)
		id = -1;
	if (f)
		fclose(f);
	return id;
}

int main(int argc, char **argv)
{
	int prog = load(), id = read_id(), status;
	unsigned long calls = 0;
	pid_t pid;

	if (argc < 2 || prog < 0 || id < 0 || attach(prog, id) < 0) {
		perror("bpfbusy: loading and attaching a program");
		return 2;
	}
	pid = fork();
	if (!pid) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	for (; !waitpid(pid, &status, WNOHANG); calls++)
		syscall(SYS_getpid);
	printf("%lu calls\n", calls);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
