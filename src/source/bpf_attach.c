// SPDX-License-Identifier: GPL-2.0
/* Opens, configures, loads and attaches the probes. */
#include "bpf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>


#define HOOKS_MAX 16
#define RING_BYTES (8 << 20)

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

/* The programs that only the full level needs. */
static bool is_full(const char *program)
{
	return !strcmp(program, "urb_submit") || !strcmp(program, "urb_bottom_half") ||
	       !strcmp(program, "urb_handler") || !strcmp(program, "urb_returned");
}

struct bpf_map *bpf_map_of(const struct bpf_object *obj, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	if (!map)
		abort(); /* another object file than this agent was built with */
	return map;
}

/*
 * Without the name of its handler nobody knows which URBs are usbfs's: then none is told. Of two
 * functions of that name neither is the one.
 */
static void tell_slots(struct wire_config *wire)
{
	struct source_symbols *symbols = source_symbols_new();

	wire->usbfs_complete = symbols ? source_symbol_address(symbols, "async_completed") : 0;
	wire->slots = wire->usbfs_complete != 0;
	source_symbols_free(symbols);
}

static int configure(struct bpf_source *src, const struct source_config *config,
		     struct fault *fault)
{
	struct wire_config wire = {
		.agent_tgid = getpid(),
		.filter_cnt = config->selector_cnt,
		.wakeup_bytes = (config->ring_bytes ? config->ring_bytes : RING_BYTES) / 8,
		.level_full = config->full,
	};
	struct bpf_program *prog;
	struct stat pidns;

	if (config->selector_cnt > WIRE_FILTERS_MAX) {
		fault_set(fault, "%zu selectors, at most %d can be watched at once: write wider ones",
			  config->selector_cnt, WIRE_FILTERS_MAX);
		return -EINVAL;
	}
	if (stat("/proc/self/ns/pid", &pidns))
		return -errno;
	if (config->slots)
		tell_slots(&wire);
	wire.pidns_dev = pidns.st_dev;
	wire.pidns_ino = pidns.st_ino;
	for (size_t i = 0; i < config->selector_cnt; i++)
		to_wire(&wire.filters[i], &config->selectors[i]);
	bpf_map__set_initial_value(bpf_map_of(src->obj, ".rodata.config"), &wire, sizeof(wire));
	if (config->ring_bytes)
		bpf_map__set_max_entries(bpf_map_of(src->obj, "ring"), config->ring_bytes);
	bpf_map__set_max_entries(bpf_map_of(src->obj, "lost"), src->cpu_cnt);
	if (config->kprobes)
		bpf_map__set_max_entries(bpf_map_of(src->obj, "runs"), src->cpu_cnt);
	bpf_object__for_each_program(prog, src->obj) {
		if (!config->full && is_full(bpf_program__name(prog)))
			bpf_program__set_autoload(prog, false);
	}
	return 0;
}

/* A hook that this kernel's BTF lacks is the likely reason of ESRCH. */
static bool explain_missing_hook(const struct source_config *config, struct fault *fault)
{
	struct source_hook hooks[HOOKS_MAX];
	int cnt = source_bpf_hooks(config->kprobes, hooks, HOOKS_MAX);

	for (int i = 0; i < cnt; i++) {
		if (hooks[i].found || !(config->full || hooks[i].basic))
			continue;
		fault_set(fault, "this kernel's usbcore has no %s() to attach to: `urbscope doctor` "
				 "lists the hooks", hooks[i].function);
		return true;
	}
	return false;
}

static void explain(int err, const struct source_config *config, struct fault *fault)
{

	/* the verifier says EACCES or EINVAL: that is about the probes, not about permission */
	if (err == -EPERM) {
		fault_set(fault, "the kernel does not permit BPF (%s): run as root; in a container or "
				 "service, give it CAP_SYS_ADMIN and allow the bpf and "
				 "perf_event_open system calls", strerror(-err));
		return;
	}
	if (!explain_missing_hook(config, fault))
		fault_set(fault, "loading the BPF probes: %s; URBSCOPE_DEBUG=1 shows the verifier's "
				 "reason, `urbscope doctor` what the machine has", strerror(-err));
}

static int attach_fentry(struct bpf_source *src)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, src->obj) {
		if (!bpf_program__autoload(prog) || src->link_cnt == PROBES_MAX)
			continue;
		src->links[src->link_cnt] = bpf_program__attach(prog);
		if (!src->links[src->link_cnt])
			return -errno;
		src->link_cnt++;
	}
	return 0;
}

/* The ring and the counters of what it had no room for. */
static int open_maps(struct bpf_source *src)
{
	int lost = bpf_map__fd(bpf_map_of(src->obj, "lost"));

	src->ring = ring_buffer__new(bpf_map__fd(bpf_map_of(src->obj, "ring")), bpf_record, src, NULL);
	if (!src->ring)
		return -errno;
	src->lost = mmap(NULL, src->cpu_cnt * sizeof(*src->lost), PROT_READ, MAP_SHARED, lost, 0);
	if (src->lost != MAP_FAILED)
		return 0;
	src->lost = NULL;
	return -errno;
}

int bpf_attach(struct bpf_source *src, const struct source_config *config, struct fault *fault)
{
	int err;

	libbpf_set_print(say_libbpf);
	src->cpu_cnt = libbpf_num_possible_cpus();
	if (src->cpu_cnt < 0)
		return src->cpu_cnt;
	src->obj = config->kprobes ? bpf_kprobe_open() : bpf_fentry_open();
	if (!src->obj)
		return -errno;
	err = configure(src, config, fault);
	if (err)
		return err;
	err = bpf_object__load(src->obj);
	if (!err)
		err = open_maps(src);
	if (!err)
		err = config->kprobes ? bpf_kprobe_attach(src, fault) : attach_fentry(src);
	if (err)
		explain(err, config, fault);
	return err;
}

void bpf_detach(struct bpf_source *src)
{
	if (src->kprobes)
		bpf_kprobe_detach(src);
	while (src->link_cnt)
		bpf_link__destroy(src->links[--src->link_cnt]);
}

void bpf_free(struct bpf_source *src)
{
	bpf_detach(src);
	if (src->kprobes)
		bpf_kprobe_free(src);
	ring_buffer__free(src->ring);
	if (src->lost)
		munmap((void *)src->lost, src->cpu_cnt * sizeof(*src->lost));
	bpf_object__close(src->obj);
}

static bool has_function(const struct btf *btf, const char *function)
{
	return btf && btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) > 0;
}

static void look_in_btf(struct source_hook *hooks, size_t cnt)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	struct btf *usbcore = kernel ? btf__load_module_btf("usbcore", kernel) : NULL;

	for (size_t i = 0; i < cnt; i++)
		hooks[i].found = has_function(kernel, hooks[i].function) ||
				 has_function(usbcore, hooks[i].function);
	btf__free(usbcore);
	btf__free(kernel);
}

/* A kprobe needs no more than a symbol. */
static void look_in_symbols(struct source_hook *hooks, size_t cnt)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], type, name[64];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %c %63s", &type, name) != 2 || !strchr("tT", type))
			continue;
		for (size_t i = 0; i < cnt; i++)
			hooks[i].found |= !strcmp(hooks[i].function, name);
	}
	if (f)
		fclose(f);
}

int source_bpf_hooks(bool kprobes, struct source_hook *hooks, size_t max)
{
	struct bpf_object *obj;
	struct bpf_program *prog;
	size_t cnt = 0;

	libbpf_set_print(say_libbpf);
	obj = kprobes ? bpf_kprobe_open() : bpf_fentry_open();
	if (!obj)
		return -errno;
	bpf_object__for_each_program(prog, obj) {
		/* "fentry/usb_submit_urb" */
		const char *slash = strchr(bpf_program__section_name(prog), '/');
		struct source_hook *hook = &hooks[cnt];

		if (!slash || cnt >= max)
			continue;
		*hook = (struct source_hook){ .basic = !is_full(bpf_program__name(prog)) };
		snprintf(hook->program, sizeof(hook->program), "%s", bpf_program__name(prog));
		snprintf(hook->function, sizeof(hook->function), "%s", slash + 1);
		cnt++;
	}
	if (kprobes)
		look_in_symbols(hooks, cnt);
	else
		look_in_btf(hooks, cnt);
	bpf_object__close(obj);
	return cnt;
}
