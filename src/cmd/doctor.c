// SPDX-License-Identifier: GPL-2.0
/* urbscope doctor: what this machine can do, and how to get the rest. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "command.h"
#include "urbscope/machine.h"
#include "urbscope/source.h"
#include "urbscope/text.h"

#define HOOKS_MAX 16

static const char doc[] =
	"Looks at the kernel, its BTF, usbcore, the hooks, usbmon and privileges, and tries to attach "
	"the probes for a moment. Says the cure for whatever is missing.\v"
	"EXAMPLES\n"
	"  urbscope doctor\n"
	"  sudo urbscope doctor\n\n"
	"EXIT STATUS\n"
	"  0  live watching works\n"
	"  2  it does not\n";

static const struct argp argp = { NULL, NULL, NULL, doc, NULL, NULL, NULL };

const struct argp *doctor_argp(void)
{
	return &argp;
}

enum state { GOOD, BAD, NOTE };

__attribute__((format(printf, 3, 4))) static void say(enum state state, const char *what,
						      const char *fmt, ...)
{
	static const char *const marks[] = { [GOOD] = "ok", [BAD] = "MISSING", [NOTE] = "-" };
	char text[1024], clean[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_clean_copy(clean, sizeof(clean), text, text_locale_is_utf8());
	printf("%-8s %-12s %s\n", marks[state], what, clean);
}

static void say_usbcore(const struct machine *m)
{
	switch (m->usbcore) {
	case USBCORE_BUILTIN:
		say(GOOD, "usbcore", "built in");
		break;
	case USBCORE_MODULE:
		say(GOOD, "usbcore", "module, loaded");
		break;
	case USBCORE_LOADABLE:
		say(BAD, "usbcore", "not loaded: modprobe usbcore, and the host controller's driver "
				    "(xhci_pci)");
		break;
	default:
		say(BAD, "usbcore", "this kernel has none: use a machine with a USB bus, or `make run`, "
				    "which boots one");
		break;
	}
}

static void say_kernel(const struct machine *m)
{
	if (m->narrow)
		say(GOOD, "kernel", "Linux %s, seen by an urbscope of 32 bits", m->release);
	else if (m->too_old)
		say(BAD, "kernel", "Linux %s: the probes need 5.10 or newer", m->release);
	else
		say(GOOD, "kernel", "Linux %s%s", m->release,
		    m->old ? ", which can be watched by kprobes" : "");
}

static void say_btf(const struct machine *m)
{
	if (!m->btf)
		say(BAD, "BTF", "no /sys/kernel/btf/vmlinux: boot a kernel with CONFIG_DEBUG_INFO_BTF");
	else if (!m->usbcore_btf && m->usbcore == USBCORE_MODULE)
		say(GOOD, "BTF", "of the kernel, but not of the module usbcore: kprobes serve");
	else
		say(GOOD, "BTF", m->usbcore_btf ? "of the kernel and of usbcore" : "of the kernel");
}

static void say_fentry(const struct machine *m)
{
	if (m->refuses_fentry)
		say(NOTE, "fentry", "this kernel attaches nothing by fentry (arm64 does since Linux 6.4, with "
				    "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS): kprobes serve");
}

/* Needed where fentry cannot be. */
static void say_kprobes(const struct machine *m)
{
	const bool needed = machine_lacks_fentry(m);
	const char *where = machine_tracefs();

	if (where)
		say(GOOD, "kprobes", "%s/kprobe_events%s", where,
		    needed ? ", used instead of fentry" : "; not needed while fentry works");
	else
		say(needed ? BAD : NOTE, "kprobes", "no " MACHINE_TRACEFS "/kprobe_events: mount -t tracefs "
		    "tracefs " MACHINE_TRACEFS "%s", needed ? "" : " (not needed while fentry works)");
}

static void say_lockdown(const struct machine *m)
{
	if (m->lockdown == LOCKDOWN_CONFIDENTIALITY)
		say(BAD, "lockdown", "confidentiality: BPF may not read kernel memory; boot with "
				     "lockdown=integrity or none");
	else
		say(GOOD, "lockdown", "%s", m->lockdown == LOCKDOWN_INTEGRITY
						    ? "integrity, which permits BPF" : "none");
}

static void say_privileges(const struct machine *m)
{
	if (m->cap_bpf)
		say(GOOD, "privileges", m->root ? "root" : "CAP_SYS_ADMIN");
	else
		say(BAD, "privileges", "run it as root (sudo), or: setcap cap_sys_admin,cap_syslog+ep urbscope");
}

/* The kernel shows its addresses to those who have CAP_SYSLOG, and zeros to others. */
static void say_names(void)
{
	struct source_symbols *symbols = source_symbols_new();

	if (symbols && source_symbols_any(symbols))
		say(GOOD, "names", "/proc/kallsyms tells addresses: handlers have names, usbfs's URBs are known");
	else
		say(NOTE, "names", "/proc/kallsyms tells no addresses: without CAP_SYSLOG handlers have no names, "
				   "and no model of a queue in usbfs can be checked");
	source_symbols_free(symbols);
}

/* Would --source usbmon work? `needed`: it is all there is, as the kernel cannot do with BPF. */
static bool try_usbmon(bool needed)
{
	struct source_config config = { .ring_bytes = 1 << 20 };
	struct fault fault = { "" };
	struct source *src = source_open_usbmon(&config, &fault);

	if (src)
		say(GOOD, "usbmon", "/dev/usbmon0 opens%s",
		    needed ? ", and serves instead of BPF" : "; not needed while BPF works");
	else
		say(needed ? BAD : NOTE, "usbmon", "%s%s", fault.text,
		    needed ? "" : " (not needed while BPF works)");
	source_close(src);
	return src;
}

/* And --source usbmon-text? `needed`: nothing else works. */
static bool try_usbmon_text(bool needed)
{
	struct source_config config = { 0 };
	struct fault fault = { "" };
	struct source *src = source_open_usbmon_text(&config, &fault);

	if (src)
		say(needed ? GOOD : NOTE, "usbmon-text", "its file in debugfs opens%s",
		    needed ? ", and serves as a last resort" : " (a last resort, not needed)");
	else
		say(needed ? BAD : NOTE, "usbmon-text", "%s%s", fault.text,
		    needed ? "" : " (a last resort, not needed)");
	source_close(src);
	return src;
}

static void say_hooks(bool kprobes)
{
	struct source_hook hooks[HOOKS_MAX];
	int cnt = source_bpf_hooks(kprobes, hooks, HOOKS_MAX), found = 0;
	const char *where = kprobes ? "symbols" : "BTF";

	for (int i = 0; i < cnt; i++)
		found += hooks[i].found;
	if (cnt > 0 && found == cnt)
		say(GOOD, "hooks", "all %d are in the kernel's %s", cnt, where);
	for (int i = 0; i < cnt && found < cnt; i++) {
		if (!hooks[i].found)
			say(BAD, "hook", "%s() is not in the kernel's %s; the %s level needs it",
			    hooks[i].function, where, hooks[i].basic ? "basic" : "full");
	}
}

static bool try_level(bool full)
{
	struct source_config config = { .full = full };
	struct fault fault = { "" };
	struct source *src = source_open_bpf(&config, &fault);

	if (src)
		say(GOOD, full ? "full level" : "basic level", "attached and detached again");
	else
		say(BAD, full ? "full level" : "basic level", "%s", fault.text);
	source_close(src);
	return src;
}

int cmd_doctor(int argc, char **argv)
{
	struct fault unused = { "" };
	struct machine m;
	bool works, by_usbmon, lacks_bpf;

	arguments_parse(&argp, argc, argv, 0, NULL);
	machine_look(&m);
	if (!machine_lacks_fentry(&m) && !machine_forbids_bpf(&m, false, &unused))
		m.refuses_fentry = source_bpf_refuses_fentry();
	say_kernel(&m);
	say_usbcore(&m);
	/* what else BPF would need does not matter then */
	if (!m.narrow) {
		say_btf(&m);
		say_fentry(&m);
		say_kprobes(&m);
		say_lockdown(&m);
	}
	say_privileges(&m);
	say_names();
	if (m.btf && !m.narrow && m.usbcore != USBCORE_ABSENT && m.usbcore != USBCORE_LOADABLE)
		say_hooks(machine_lacks_fentry(&m));
	lacks_bpf = machine_lacks_bpf(&m);
	by_usbmon = try_usbmon(lacks_bpf);
	by_usbmon = (try_usbmon_text(lacks_bpf && !by_usbmon) || by_usbmon) && lacks_bpf;
	say(m.devices ? GOOD : NOTE, "devices", "%u on this machine's buses%s", m.devices,
	    m.devices ? "; `urbscope list` names them" : "");
	works = try_level(false);
	if (works)
		works = try_level(true);
	if (!works && by_usbmon) {
		puts("\nurbtop and urbscope will work here by usbmon: submissions and completions only.");
		return EXIT_HOLDS;
	}
	puts(works ? "\nurbtop and urbscope will work here."
		   : "\nLive watching does not work here yet: see MISSING above. Recordings can be read.");
	return works ? EXIT_HOLDS : EXIT_CANNOT_RUN;
}
