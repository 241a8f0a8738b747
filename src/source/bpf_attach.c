// SPDX-License-Identifier: GPL-2.0
/* Opens, configures, loads and attaches the probes. */
#include "bpf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "urbscope.skel.h"
#include "urbscope/machine.h"

#define HOOKS_MAX 16

/* URBSCOPE_DEBUG=1 shows what libbpf says: the verifier's log, mostly. */
static int say_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	const char *debug = getenv("URBSCOPE_DEBUG");

	if (!debug || (level == LIBBPF_DEBUG && strcmp(debug, "2")))
		return 0;
	return vfprintf(stderr, fmt, ap);
}

static void to_wire(struct wire_filter *to, const struct selector *from)
{
	_Static_assert((int)SEL_STREAM == WIRE_BY_STREAM && (int)SEL_TYPE == WIRE_BY_TYPE &&
			       (int)SEL_DRIVER == WIRE_BY_DRIVER && (int)SEL_BUS == WIRE_BY_BUS,
		       "selectors and filters name their criteria by the same bits");
	*to = (struct wire_filter){
		.by = from->by,
		.bus = from->bus,
		.vid = from->vid,
		.pid = from->pid,
		.stream = from->stream,
		.address = from->address,
		.endpoint = from->endpoint,
		.type = from->type,
	};
	snprintf(to->path, sizeof(to->path), "%s", from->path);
	snprintf(to->driver, sizeof(to->driver), "%s", from->driver);
}

static int configure(struct urbscope_bpf *skel, const struct source_config *config,
		     struct fault *fault)
{
	struct stat pidns;

	if (config->selector_cnt > WIRE_FILTERS_MAX) {
		fault_set(fault, "%zu selectors, at most %d can be watched at once: write wider ones",
			  config->selector_cnt, WIRE_FILTERS_MAX);
		return -EINVAL;
	}
	if (stat("/proc/self/ns/pid", &pidns))
		return -errno;
	skel->rodata->level_full = config->full;
	skel->rodata->agent_tgid = getpid();
	skel->rodata->pidns_dev = pidns.st_dev;
	skel->rodata->pidns_ino = pidns.st_ino;
	skel->rodata->filter_cnt = config->selector_cnt;
	for (size_t i = 0; i < config->selector_cnt; i++)
		to_wire((struct wire_filter *)&skel->rodata->filters[i], &config->selectors[i]);
	if (config->ring_bytes) {
		bpf_map__set_max_entries(skel->maps.ring, config->ring_bytes);
		skel->rodata->wakeup_bytes = config->ring_bytes / 8;
	}
	if (!config->full) {
		bpf_program__set_autoload(skel->progs.urb_submit, false);
		bpf_program__set_autoload(skel->progs.urb_bottom_half, false);
		bpf_program__set_autoload(skel->progs.urb_handler, false);
		bpf_program__set_autoload(skel->progs.urb_returned, false);
	}
	return 0;
}

/* A hook that this kernel's BTF lacks is the likely reason of ESRCH. */
static bool explain_missing_hook(bool full, struct fault *fault)
{
	struct source_hook hooks[HOOKS_MAX];
	int cnt = source_bpf_hooks(hooks, HOOKS_MAX);

	for (int i = 0; i < cnt; i++) {
		if (hooks[i].found || !(full || hooks[i].basic))
			continue;
		fault_set(fault, "this kernel's usbcore has no %s() to attach to: `urbscope doctor` "
				 "lists the hooks", hooks[i].function);
		return true;
	}
	return false;
}

static void explain(int err, bool full, struct fault *fault)
{

	/* the verifier says EACCES or EINVAL: that is about the probes, not about permission */
	if (err == -EPERM) {
		fault_set(fault, "the kernel does not permit BPF (%s): run as root; in a container or "
				 "service, give it CAP_SYS_ADMIN and allow the bpf and "
				 "perf_event_open system calls", strerror(-err));
		return;
	}
	if (!explain_missing_hook(full, fault))
		fault_set(fault, "loading the BPF probes: %s; URBSCOPE_DEBUG=1 shows the verifier's "
				 "reason, `urbscope doctor` what the machine has", strerror(-err));
}

int bpf_attach(struct bpf_source *src, const struct source_config *config, struct fault *fault)
{
	struct machine machine;
	int err;

	machine_look(&machine);
	if (machine_forbids_bpf(&machine, fault))
		return -EPERM;
	libbpf_set_print(say_libbpf);
	src->cpu_cnt = libbpf_num_possible_cpus();
	if (src->cpu_cnt < 0)
		return src->cpu_cnt;
	src->skel = urbscope_bpf__open();
	if (!src->skel)
		return -errno;
	err = configure(src->skel, config, fault);
	if (err)
		return err;
	err = urbscope_bpf__load(src->skel);
	if (!err) {
		src->ring = ring_buffer__new(bpf_map__fd(src->skel->maps.ring), bpf_record, src, NULL);
		err = src->ring ? 0 : -errno;
	}
	if (!err)
		err = urbscope_bpf__attach(src->skel);
	if (err)
		explain(err, config->full, fault);
	return err;
}

void bpf_detach(struct bpf_source *src)
{
	urbscope_bpf__detach(src->skel);
}

void bpf_free(struct bpf_source *src)
{
	ring_buffer__free(src->ring);
	urbscope_bpf__destroy(src->skel);
}

static bool has_function(const struct btf *btf, const char *function)
{
	return btf && btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) > 0;
}

int source_bpf_hooks(struct source_hook *hooks, size_t max)
{
	struct btf *kernel, *usbcore = NULL;
	struct urbscope_bpf *skel;
	struct bpf_program *prog;
	size_t cnt = 0;

	libbpf_set_print(say_libbpf);
	skel = urbscope_bpf__open();
	if (!skel)
		return -errno;
	kernel = btf__load_vmlinux_btf();
	if (kernel)
		usbcore = btf__load_module_btf("usbcore", kernel);
	bpf_object__for_each_program(prog, skel->obj) {
		/* "fentry/usb_submit_urb" */
		const char *slash = strchr(bpf_program__section_name(prog), '/');
		struct source_hook *hook = &hooks[cnt];

		if (!slash || cnt >= max)
			continue;
		*hook = (struct source_hook){
			.basic = prog != skel->progs.urb_submit &&
				 prog != skel->progs.urb_bottom_half &&
				 prog != skel->progs.urb_handler && prog != skel->progs.urb_returned,
			.found = has_function(kernel, slash + 1) || has_function(usbcore, slash + 1),
		};
		snprintf(hook->program, sizeof(hook->program), "%s", bpf_program__name(prog));
		snprintf(hook->function, sizeof(hook->function), "%s", slash + 1);
		cnt++;
	}
	btf__free(usbcore);
	btf__free(kernel);
	urbscope_bpf__destroy(skel);
	return cnt;
}
