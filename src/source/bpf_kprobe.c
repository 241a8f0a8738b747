// SPDX-License-Identifier: GPL-2.0
/*
 * The programs as kprobes. They are attached to kprobe events of tracefs, not to anonymous ones:
 * only of those does the kernel tell how often they were hit and missed (kprobe_profile). An event
 * carries the pid of its agent; what a killed one has left behind is taken away by the next.
 */
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <bpf/libbpf.h>

#include "skips.h"
#include "urbscope/machine.h"
#include "urbscope_kprobe.skel.h"

#define GROUP "urbscope"
/* Calls at one time whose return can be seen; the most that the kernel permits. */
#define CALLS_MAX 4096
/* Readings in one look, while traffic runs on between reading runs and hits. */
#define READINGS_MAX 32

struct probe {
	char event[64];
	uint64_t nested;	/* misses: it was hit within the handler of a kprobe */
	uint64_t nested_before; /* before it was attached */
	uint64_t hits;
	unsigned int nth;	/* in the object file: the index of its runs */
};

_Static_assert(PROBES_MAX <= WIRE_RUNS_MAX && PROBES_MAX <= SKIPS_PROBES, "a counter for each");

struct kprobes {
	const struct wire_runs *runs; /* by CPU, mapped */
	FILE *profile;		      /* kprobe_profile */
	int events;		      /* kprobe_events: at the end we may not be allowed to open it */
	bool attached;
	size_t cnt;
	struct probe probe[PROBES_MAX];
	struct skips skips;
	uint64_t skipped;
};

struct bpf_object *bpf_kprobe_open(void)
{
	size_t size;
	const void *elf = urbscope_kprobe_bpf__elf_bytes(&size);

	return bpf_object__open_mem(elf, size, NULL);
}

static const char *tracefs_path(char (*path)[256], const char *file)
{
	const char *where = machine_tracefs();

	snprintf(*path, sizeof(*path), "%s/%s", where ? where : MACHINE_TRACEFS, file);
	return *path;
}

static FILE *read_tracefs(const char *file)
{
	char path[256];

	return fopen(tracefs_path(&path, file), "re");
}

static int open_events(struct kprobes *k, struct fault *fault)
{
	char path[256];
	int err;

	k->events = open(tracefs_path(&path, "kprobe_events"), O_WRONLY | O_APPEND | O_CLOEXEC);
	if (k->events >= 0)
		return 0;
	err = -errno;
	fault_set(fault, "%s: %s: run it as root", path, strerror(-err));
	return err;
}

/* One line into kprobe_events; 0 or -errno. */
static int command(const struct kprobes *k, const char *line)
{
	return write(k->events, line, strlen(line)) < 0 ? -errno : 0;
}

static void remove_event(const struct kprobes *k, const char *event)
{
	char line[96];

	snprintf(line, sizeof(line), "-:" GROUP "/%s\n", event);
	command(k, line);
}

/* "p:urbscope/urb_done_1234 usbcore:usb_hcd_giveback_urb": of a process that is no more? */
static void remove_if_left(const struct kprobes *k, const char *line)
{
	const char *mine = strstr(line, ":" GROUP "/"), *pid;
	char event[64];

	if (!mine || sscanf(mine + strlen(":" GROUP "/"), "%63s", event) != 1)
		return;
	pid = strrchr(event, '_');
	if (!pid)
		return;
	/* one that is in use the kernel does not give up; our pid may have been another's before */
	if (atoi(pid + 1) == getpid() || (kill(atoi(pid + 1), 0) && errno == ESRCH))
		remove_event(k, event);
}

static void remove_left_behind(const struct kprobes *k)
{
	FILE *f = read_tracefs("kprobe_events");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return;
	while (getline(&line, &size, f) >= 0)
		remove_if_left(k, line);
	free(line);
	fclose(f);
}

/* Makes the kernel's event; the id by which perf knows it, or -errno. */
static int make_event(const struct kprobes *k, struct probe *probe, const struct bpf_program *prog,
		      bool module)
{
	const char *section = bpf_program__section_name(prog), *function = strchr(section, '/') + 1;
	char line[256], path[128];
	int id = -EIO, err;
	FILE *f;

	snprintf(probe->event, sizeof(probe->event), "%s_%d", bpf_program__name(prog), getpid());
	if (!strncmp(section, "kretprobe/", 10))
		snprintf(line, sizeof(line), "r%d", CALLS_MAX);
	else
		snprintf(line, sizeof(line), "p");
	snprintf(line + strlen(line), sizeof(line) - strlen(line), ":" GROUP "/%s %s%s\n",
		 probe->event, module ? "usbcore:" : "", function);
	err = command(k, line);
	if (err)
		return err;
	snprintf(path, sizeof(path), "events/" GROUP "/%s/id", probe->event);
	f = read_tracefs(path);
	if (!f)
		return -errno;
	if (fscanf(f, "%d", &id) != 1)
		id = -EIO;
	fclose(f);
	return id;
}

static struct bpf_link *attach_one(const struct bpf_program *prog, int id)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.config = id,
		.sample_period = 1,
	};
	/* a program runs on every CPU, whichever the event is opened for */
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	struct bpf_link *link;

	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(prog, fd);
	if (!link) {
		int err = errno;

		close(fd);
		errno = err;
	}
	return link;
}

static int attach_all(struct bpf_source *src, bool module, struct fault *fault)
{
	struct kprobes *k = src->kprobes;
	struct bpf_program *prog;
	unsigned int nth = 0;

	bpf_object__for_each_program(prog, src->obj) {
		struct probe *probe = &k->probe[k->cnt];
		int id;

		nth++;
		if (!bpf_program__autoload(prog) || k->cnt == PROBES_MAX)
			continue;
		probe->nth = nth - 1;
		id = make_event(k, probe, prog, module);
		k->cnt += probe->event[0] != '\0';
		if (id < 0) {
			fault_set(fault, "making a kprobe of %s: %s",
				  strchr(bpf_program__section_name(prog), '/') + 1, strerror(-id));
			return id;
		}
		src->links[src->link_cnt] = attach_one(prog, id);
		if (!src->links[src->link_cnt])
			return -errno;
		src->link_cnt++;
	}
	return 0;
}

/* What kprobe_profile says of our probes: lines "EVENT HITS MISSES". */
static int read_profile(struct kprobes *k)
{
	unsigned long hits, nested;
	char line[256], event[64];
	size_t found = 0;

	rewind(k->profile);
	while (fgets(line, sizeof(line), k->profile)) {
		if (sscanf(line, "%63s %lu %lu", event, &hits, &nested) != 3)
			continue;
		for (size_t i = 0; i < k->cnt; i++) {
			if (strcmp(k->probe[i].event, event))
				continue;
			k->probe[i].hits = hits;
			k->probe[i].nested = nested;
			found++;
		}
	}
	/* somebody has taken an event away */
	return found == k->cnt ? 0 : -ENODATA;
}

static uint64_t runs_of(const struct bpf_source *src, const struct probe *probe)
{
	uint64_t sum = 0;

	for (int i = 0; i < src->cpu_cnt; i++)
		sum += __atomic_load_n(&src->kprobes->runs[i].of[probe->nth], __ATOMIC_ACQUIRE);
	return sum;
}

static int look(struct bpf_source *src)
{
	struct kprobes *k = src->kprobes;

	for (int n = 0; n < READINGS_MAX && (!k->attached || !n || skips_unclear(&k->skips)); n++) {
		uint64_t runs[PROBES_MAX];
		int err;

		for (size_t i = 0; i < k->cnt; i++)
			runs[i] = runs_of(src, &k->probe[i]);
		err = read_profile(k);
		if (err)
			return err;
		for (size_t i = 0; i < k->cnt; i++)
			skips_read(&k->skips, i, k->probe[i].hits, runs[i]);
	}
	return 0;
}

int bpf_kprobe_skipped(struct bpf_source *src, uint64_t *total)
{
	struct kprobes *k = src->kprobes;
	uint64_t now = bpf_source_clock();
	int err;

	if (k->attached) {
		err = look(src);
		if (err)
			return err;
		k->skipped += skips_settle(&k->skips, now, &src->clean_ns);
		src->doubt = src->clean_ns < now;
	}
	*total += k->skipped;
	for (size_t i = 0; i < k->cnt; i++)
		*total += k->probe[i].nested - k->probe[i].nested_before;
	return 0;
}

int bpf_kprobe_attach(struct bpf_source *src, struct fault *fault)
{
	struct bpf_map *map = bpf_map_of(src->obj, "runs");
	struct kprobes *k = calloc(1, sizeof(*k));
	struct machine machine;
	uint64_t now;
	int err;

	if (!k)
		return -ENOMEM;
	src->kprobes = k;
	err = open_events(k, fault);
	if (err)
		return err;
	k->runs = mmap(NULL, src->cpu_cnt * sizeof(*k->runs), PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	if (k->runs == MAP_FAILED) {
		k->runs = NULL;
		return -errno;
	}
	machine_look(&machine);
	remove_left_behind(k);
	err = attach_all(src, machine.usbcore == USBCORE_MODULE, fault);
	if (err)
		return err;
	k->profile = read_tracefs("kprobe_profile");
	if (!k->profile)
		return -errno;
	skips_init(&k->skips, k->cnt);
	now = bpf_source_clock();
	err = look(src);
	skips_settle(&k->skips, now, &src->clean_ns);
	for (size_t i = 0; i < k->cnt; i++)
		k->probe[i].nested_before = k->probe[i].nested;
	k->attached = true;
	return err;
}

void bpf_kprobe_detach(struct bpf_source *src)
{
	struct kprobes *k = src->kprobes;

	if (k->attached)
		k->skipped += skips_left(&k->skips);
	k->attached = false;
	src->doubt = false;
}

void bpf_kprobe_free(struct bpf_source *src)
{
	struct kprobes *k = src->kprobes;

	for (size_t i = 0; i < k->cnt; i++)
		remove_event(k, k->probe[i].event);
	if (k->events >= 0)
		close(k->events);
	if (k->profile)
		fclose(k->profile);
	if (k->runs)
		munmap((void *)k->runs, src->cpu_cnt * sizeof(*k->runs));
	free(k);
}
