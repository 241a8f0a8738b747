// SPDX-License-Identifier: GPL-2.0
#include "urbscope/machine.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/utsname.h>

/* linux/capability.h */
#define CAP_SYS_ADMIN_BIT 21

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

/* Is there a module of that name for this kernel, by modules.dep? */
static bool loadable(const char *release, const char *module)
{
	char path[256], line[4096], name[64];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	snprintf(name, sizeof(name), "/%s.ko", module);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		*strchrnul(line, ':') = '\0';
		found = strstr(line, name);
	}
	fclose(f);
	return found;
}

static enum machine_usbcore find_usbcore(const char *release)
{
	/* both have /sys/module/usbcore (parameters); only a module has a state */
	if (exists("/sys/module/usbcore/initstate"))
		return USBCORE_MODULE;
	if (exists("/sys/bus/usb"))
		return USBCORE_BUILTIN;
	return loadable(release, "usbcore") ? USBCORE_LOADABLE : USBCORE_ABSENT;
}

static enum machine_lockdown find_lockdown(void)
{
	char line[128] = "";
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");

	if (!f)
		return LOCKDOWN_NONE;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	if (strstr(line, "[confidentiality]"))
		return LOCKDOWN_CONFIDENTIALITY;
	return strstr(line, "[integrity]") ? LOCKDOWN_INTEGRITY : LOCKDOWN_NONE;
}

/*
 * CAP_BPF and CAP_PERFMON would do for the programs, but the kernel lists the BTF of modules for
 * CAP_SYS_ADMIN only, and libbpf must see it, even where usbcore is built in: a variable that only
 * some kernels have is looked for everywhere.
 */
static bool may_bpf(void)
{
	unsigned long long caps = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return !geteuid();
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	}
	fclose(f);
	return caps & 1ULL << CAP_SYS_ADMIN_BIT;
}

static unsigned int count_devices(void)
{
	DIR *dir = opendir("/sys/bus/usb/devices");
	struct dirent *entry;
	unsigned int cnt = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		cnt += entry->d_name[0] != '.' && !strchr(entry->d_name, ':');
	closedir(dir);
	return cnt;
}

const char *machine_tracefs(void)
{
	static const char *const folders[] = { MACHINE_TRACEFS, "/sys/kernel/debug/tracing" };
	char path[64];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/kprobe_events", folders[i]);
		if (exists(path))
			return folders[i];
	}
	return NULL;
}

void machine_look(struct machine *m)
{
	unsigned int major, minor, version = ~0U;
	struct utsname name;

	memset(m, 0, sizeof(*m));
	if (!uname(&name))
		snprintf(m->release, sizeof(m->release), "%s", name.release);
	if (sscanf(m->release, "%u.%u", &major, &minor) == 2)
		version = major * 1000 + minor;
	m->old = version < 5017;
	m->too_old = version < 5010;
	/* on a 64-bit kernel, too: positions in its ring are as wide as its long */
	m->narrow = sizeof(long) < sizeof(uint64_t);
	m->usbcore = find_usbcore(m->release);
	m->btf = exists("/sys/kernel/btf/vmlinux");
	m->usbcore_btf = m->usbcore == USBCORE_MODULE ? exists("/sys/kernel/btf/usbcore")
						      : m->usbcore == USBCORE_BUILTIN && m->btf;
	m->kprobe_events = machine_tracefs();
	m->lockdown = find_lockdown();
	m->root = !geteuid();
	m->cap_bpf = may_bpf();
	m->usbmon_device = exists("/dev/usbmon0");
	m->usbmon_debugfs = exists("/sys/kernel/debug/usb/usbmon");
	m->devices = count_devices();
}

static bool is_there(const struct machine *m)
{
	return m->usbcore == USBCORE_MODULE || m->usbcore == USBCORE_BUILTIN;
}

bool machine_lacks_fentry(const struct machine *m)
{
	return m->old || m->refuses_fentry || (is_there(m) && !m->usbcore_btf);
}

bool machine_lacks_bpf(const struct machine *m)
{
	if (!is_there(m))
		return false;
	return m->narrow || !m->btf || m->lockdown == LOCKDOWN_CONFIDENTIALITY ||
	       (machine_lacks_fentry(m) && (m->too_old || !m->kprobe_events));
}

static bool forbids_kprobes(const struct machine *m, struct fault *fault)
{
	if (m->too_old)
		fault_set(fault, "kernel %s is too old for the probes: boot Linux 5.10 or newer",
			  m->release);
	else if (!m->kprobe_events)
		fault_set(fault, "no " MACHINE_TRACEFS "/kprobe_events, which kprobes need: mount -t tracefs "
				 "tracefs " MACHINE_TRACEFS ", or boot a kernel with CONFIG_KPROBE_EVENTS");
	else
		return false;
	return true;
}

bool machine_forbids_bpf(const struct machine *m, bool kprobes, struct fault *fault)
{
	if (!m->cap_bpf)
		fault_set(fault, "watching URBs needs CAP_SYS_ADMIN: run it as root (sudo), or once: "
				 "setcap cap_sys_admin,cap_syslog+ep urbscope");
	else if (m->usbcore == USBCORE_ABSENT)
		fault_set(fault, "kernel %s has no USB (no usbcore, loaded or to be loaded): run it on a "
				 "machine with a USB bus, or try `make run`, which boots one",
			  m->release);
	else if (m->usbcore == USBCORE_LOADABLE)
		fault_set(fault, "usbcore is not loaded: modprobe usbcore, and the driver of the host "
				 "controller (xhci_pci)");
	else if (m->narrow)
		fault_set(fault, "watching by BPF needs 64 bits, and this urbscope has 32: where the kernel has "
				 "64 (uname -m), run a static urbscope built for that");
	else if (!m->btf)
		fault_set(fault, "kernel %s has no BTF (/sys/kernel/btf/vmlinux): boot a kernel built "
				 "with CONFIG_DEBUG_INFO_BTF, as the distributions' are",
			  m->release);
	else if (m->lockdown == LOCKDOWN_CONFIDENTIALITY)
		fault_set(fault, "kernel lockdown is 'confidentiality', which forbids BPF to read kernel "
				 "memory: boot with lockdown=integrity or none");
	else
		return (kprobes || machine_lacks_fentry(m)) && forbids_kprobes(m, fault);
	return true;
}
