// SPDX-License-Identifier: GPL-2.0
/*
 * cost: what a workload costs the whole machine, from outside. For the rig under --icount only:
 * one processor, whose clock counts instructions.
 *
 * Idle time must not hide a cost, and /proc/stat is too coarse to tell it. So a child of the
 * lowest class (SCHED_IDLE) soaks up what nobody else wants and counts its rounds, each of a
 * fixed number of instructions. What it did not get was spent: on programs, on the kernel, in
 * interrupts, on probes and on whoever reads them. The measurement needs nothing of the kernel
 * but its clock, and it looks at all the tools in the same way.
 *
 *	cost [-p PID] [-s] [-P] [-t MS] COMMAND...
 *
 * runs COMMAND, waits MS (300 unless told) for readers to come to rest, and prints
 *
 *	cost ELAPSED_NS BUSY_NS READER_NS
 *	prog NAME RUNS NS			each BPF program of urbscope, with -P
 *
 * READER_NS is the processor time of process PID, 0 for the parent, as the scheduler accounts
 * it: with every interrupt that came meanwhile, so it is an upper bound. With -s PID is stopped
 * while it is measured: what the probes cost alone, if their ring is large enough.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PROGS_MAX 32
#define SPINS 500 /* a round: 2 instructions each, 1 us at 1 ns an instruction */
#define CALIBRATE_ROUNDS 20000

struct prog {
	uint32_t id;
	char name[BPF_OBJ_NAME_LEN];
	uint64_t runs, ns;
};

struct reading {
	uint64_t now_ns, rounds, reader_ns;
	struct prog progs[PROGS_MAX];
	int prog_cnt;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void spin_round(volatile uint64_t *rounds)
{
	unsigned int n = SPINS;

	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
	*rounds += 1;
}

static void soak(volatile uint64_t *rounds)
{
	struct sched_param none = { 0 };

	if (sched_setscheduler(0, SCHED_IDLE, &none))
		_exit(1);
	for (;;)
		spin_round(rounds);
}

/* The fastest of some attempts: one that no interrupt came into. */
static double round_ns(void)
{
	volatile uint64_t rounds = 0;
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < CALIBRATE_ROUNDS / 20; i++) {
		uint64_t began = now_ns(), took;

		for (int k = 0; k < 20; k++)
			spin_round(&rounds);
		took = now_ns() - began;
		if (took < best)
			best = took;
	}
	/* what the clock itself takes, once */
	uint64_t a = now_ns(), b = now_ns();

	return (best - (b - a)) / 20.0;
}

static uint64_t reader_time(long pid)
{
	unsigned long long ns = 0;
	char path[64];
	FILE *f;

	if (pid < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%ld/schedstat", pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	if (f)
		fclose(f);
	return ns;
}

static bool ours(const char *name)
{
	return !strncmp(name, "urb_", 4) || !strncmp(name, "device_", 7);
}

static void read_progs(struct reading *r)
{
	uint32_t id = 0;

	while (r->prog_cnt < PROGS_MAX && !bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		struct prog *p = &r->progs[r->prog_cnt];
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && ours(info.name)) {
			*p = (struct prog){ .id = id, .runs = info.run_cnt, .ns = info.run_time_ns };
			memcpy(p->name, info.name, sizeof(p->name));
			r->prog_cnt++;
		}
		close(fd);
	}
}

static int run(char **command)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void print(const struct reading *before, const struct reading *after, double round)
{
	uint64_t elapsed = after->now_ns - before->now_ns;
	double idle = (after->rounds - before->rounds) * round;

	printf("cost %llu %.0f %llu\n", (unsigned long long)elapsed, elapsed - idle,
	       (unsigned long long)(after->reader_ns - before->reader_ns));
	for (int i = 0; i < after->prog_cnt; i++) {
		struct prog p = after->progs[i];

		for (int k = 0; k < before->prog_cnt; k++) {
			if (before->progs[k].id != p.id)
				continue;
			p.runs -= before->progs[k].runs;
			p.ns -= before->progs[k].ns;
		}
		printf("prog %s %llu %llu\n", p.name, (unsigned long long)p.runs,
		       (unsigned long long)p.ns);
	}
}

int main(int argc, char **argv)
{
	static struct reading before, after;
	volatile uint64_t *rounds;
	long pid = -1, tail_ms = 300;
	int opt, progs = 0, stats = -1, err;
	double round;
	bool stop = false;
	pid_t soaker;

	while ((opt = getopt(argc, argv, "+p:sPt:")) != -1) {
		if (opt == 'p')
			pid = atol(optarg) ? atol(optarg) : getppid();
		else if (opt == 's')
			stop = true;
		else if (opt == 'P')
			progs = 1;
		else if (opt == 't')
			tail_ms = atol(optarg);
		else
			return 2;
	}
	rounds = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rounds == MAP_FAILED || optind == argc)
		return 2;
	if (progs)
		stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	round = round_ns();
	soaker = fork();
	if (!soaker)
		soak(rounds);
	usleep(100000); /* whoever started us comes to rest */
	if (stop && pid > 0)
		kill(pid, SIGSTOP);
	if (progs)
		read_progs(&before);
	before.reader_ns = reader_time(pid);
	before.rounds = *rounds;
	before.now_ns = now_ns();
	err = run(argv + optind);
	usleep(tail_ms * 1000);
	after.now_ns = now_ns();
	after.rounds = *rounds;
	after.reader_ns = reader_time(pid);
	if (progs)
		read_progs(&after);
	if (stop && pid > 0)
		kill(pid, SIGCONT);
	kill(soaker, SIGKILL);
	waitpid(soaker, NULL, 0);
	if (stats >= 0)
		close(stats);
	if (err) {
		fprintf(stderr, "cost: %s: status %d\n", argv[optind], err);
		return 1;
	}
	print(&before, &after, round);
	return 0;
}
