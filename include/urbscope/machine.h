/* SPDX-License-Identifier: GPL-2.0 */
/* What this machine has, as far as watching URBs is concerned; and the cure for what it lacks. */
#ifndef URBSCOPE_MACHINE_H
#define URBSCOPE_MACHINE_H

#include <stdbool.h>

#include "urbscope/fault.h"

enum machine_usbcore {
	USBCORE_ABSENT,	  /* not loaded and not to be found as a module of this kernel */
	USBCORE_LOADABLE, /* modprobe usbcore would bring it */
	USBCORE_MODULE,	  /* loaded */
	USBCORE_BUILTIN,
};

enum machine_lockdown { LOCKDOWN_NONE, LOCKDOWN_INTEGRITY, LOCKDOWN_CONFIDENTIALITY };

struct machine {
	char release[128];
	bool old;	  /* older than 5.17: no bpf_get_func_arg(), which the fentry probes need */
	bool too_old;	  /* older than 5.10: for the kprobes, too */
	bool narrow;	  /* a long is 32 bits, the kernel's or only ours: the probes are for 64 */
	enum machine_usbcore usbcore;
	bool btf;	  /* of the kernel itself */
	bool usbcore_btf; /* usbcore's types are known: its own BTF, or built in */
	bool refuses_fentry; /* for the caller to set: source_bpf_refuses_fentry(); a look does not try */
	bool kprobe_events; /* kprobes can be made, and their misses seen */
	enum machine_lockdown lockdown;
	bool root;	  /* effective uid 0 */
	bool cap_bpf;	  /* CAP_SYS_ADMIN in the effective set: BPF on a module needs it */
	bool usbmon_device, usbmon_debugfs;
	unsigned int devices; /* USB devices on all buses, root hubs included */
};

void machine_look(struct machine *m);

/* Where tracefs is mounted if it is nowhere else. */
#define MACHINE_TRACEFS "/sys/kernel/tracing"

/* The folder that has kprobe_events, or NULL. */
const char *machine_tracefs(void);

/* Does this kernel lack what attaching by fentry needs, so that kprobes must do? */
bool machine_lacks_fentry(const struct machine *m);

/*
 * Does this kernel lack what BPF needs in any way, so that neither privileges nor loading a module
 * would help? usbmon may do where it does.
 */
bool machine_lacks_bpf(const struct machine *m);

/*
 * Why BPF cannot run here, in any way or, if that is asked for, by kprobes; and what to do, if it is
 * something about the machine: fills the fault and returns true. False: nothing in the way that can
 * be seen.
 */
bool machine_forbids_bpf(const struct machine *m, bool kprobes, struct fault *fault);

#endif
