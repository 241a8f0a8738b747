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
	bool old;	  /* older than 5.17: bpf_loop(), bpf_get_func_arg() */
	enum machine_usbcore usbcore;
	bool btf;	  /* of the kernel itself */
	bool usbcore_btf; /* usbcore's types are known: its own BTF, or built in */
	enum machine_lockdown lockdown;
	bool root;	  /* effective uid 0 */
	bool cap_bpf;	  /* CAP_SYS_ADMIN in the effective set: BPF on a module needs it */
	bool usbmon_device, usbmon_debugfs;
	unsigned int devices; /* USB devices on all buses, root hubs included */
};

void machine_look(struct machine *m);

/*
 * Does this kernel lack what BPF needs, so that neither privileges nor loading a module would help?
 * usbmon may do where it does.
 */
bool machine_lacks_bpf(const struct machine *m);

/*
 * Why BPF cannot run here, and what to do, if it is something about the machine: fills the
 * fault and returns true. False: nothing in the way that can be seen.
 */
bool machine_forbids_bpf(const struct machine *m, struct fault *fault);

#endif
